using Hopx.Client;
using Microsoft.SemanticKernel;
using Microsoft.SemanticKernel.ChatCompletion;

namespace Hopx.SemanticKernel.Tests;

public sealed class KernelTests : FunctionTest
{
    [Fact]
    public async Task A_kernel_runs_code()
    {
        Cloud.OnExecute(request => new ExecutionResult { Success = true, Stdout = request.Language + " ran" });
        var kernel = BuildKernel();

        var result = await kernel.InvokeAsync("hopx", "run_code", new() { ["code"] = "print(1)" }, Token);

        Assert.StartsWith("stdout:\npython ran\nexit code 0", result.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_kernel_runs_commands_and_works_with_files()
    {
        Cloud.Command = (sandbox, request, _) => Task.FromResult(new CommandResult { Success = true, Stdout = request.Command + ": " + sandbox.Files.ReadText("/tmp/a") });
        var kernel = BuildKernel();

        await kernel.InvokeAsync("hopx", "write_file", new() { ["path"] = "/tmp/a", ["content"] = "hello" }, Token);
        var command = await kernel.InvokeAsync("hopx", "run_command", new() { ["command"] = "cat /tmp/a", ["timeout_seconds"] = "5" }, Token);
        var read = await kernel.InvokeAsync("hopx", "read_file", new() { ["path"] = "/tmp/a" }, Token);

        Assert.StartsWith("stdout:\ncat /tmp/a: hello", command.ToString(), StringComparison.Ordinal);
        Assert.Equal("hello", read.ToString());
        Assert.Single(Cloud.Sandboxes);
    }

    [Fact]
    public async Task A_plot_is_a_message_whose_text_any_connector_can_send()
    {
        Cloud.OnExecute(_ => new ExecutionResult { Success = true, Stdout = "drawn", Png = Pictures.Png });

        var result = await BuildKernel().InvokeAsync("hopx", "run_code", new() { ["code"] = "plot()" }, Token);

        var message = result.GetValue<ChatMessageContent>()!;
        Assert.Equal(AuthorRole.Tool, message.Role);
        Assert.StartsWith("stdout:\ndrawn\n[1 picture]\nexit code 0", message.ToString(), StringComparison.Ordinal);
        Assert.Equal(Convert.FromBase64String(Pictures.Png), Assert.Single(message.Items.OfType<ImageContent>()).Data!.Value.ToArray());
    }

    [Fact]
    public async Task An_error_is_text_for_the_model()
    {
        var result = await BuildKernel().InvokeAsync("hopx", "read_file", new() { ["path"] = "/etc/shadow" }, Token);

        Assert.Equal("Error: Path not allowed: /etc/shadow\nUse a path under /workspace or /tmp.", result.ToString());
    }

    [Fact]
    public void A_builder_takes_the_plugin_too()
    {
        var builder = Kernel.CreateBuilder();
        builder.Plugins.AddHopx(Functions, "sandbox");

        Assert.Equal(["read_file", "run_code", "run_command", "write_file"], builder.Build().Plugins["sandbox"].Select(function => function.Name).Order());
    }

    [Fact]
    public void The_model_sees_names_descriptions_and_which_arguments_are_needed()
    {
        var function = BuildKernel().Plugins["hopx"]["run_code"];

        Assert.StartsWith("Run code in an isolated Linux sandbox", function.Description, StringComparison.Ordinal);
        Assert.Equal(
            [("code", true), ("language", false), ("timeout_seconds", false), ("sandbox_id", false)],
            function.Metadata.Parameters.Select(parameter => (parameter.Name, parameter.IsRequired)));
        Assert.All(function.Metadata.Parameters, parameter => Assert.NotEmpty(parameter.Description));
    }

    private Kernel BuildKernel()
    {
        var kernel = new Kernel();
        kernel.Plugins.AddHopx(Functions);
        return kernel;
    }
}
