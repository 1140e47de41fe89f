using Hopx.EndToEnd.Tests.Program;
using Hopx.SemanticKernel;
using Microsoft.SemanticKernel;

namespace Hopx.EndToEnd.Tests.DotNet;

/// <summary>A real kernel with the plugin, against a real sandbox.</summary>
public sealed class SemanticKernelTests(ServedProgram program) : IClassFixture<ServedProgram>
{
    [Fact]
    public async Task A_kernel_runs_code_and_commands_and_works_with_files()
    {
        using var client = await program.Server.CreateClientAsync();
        await using var functions = new HopxFunctions(client, new HopxFunctionOptions());
        var kernel = new Kernel();
        kernel.Plugins.AddHopx(functions);

        await kernel.InvokeAsync("hopx", "write_file", new() { ["path"] = "/workspace/numbers.txt", ["content"] = "19\n23\n" }, Patience.Token);
        var code = await kernel.InvokeAsync("hopx", "run_code", new() { ["code"] = "print(sum(int(line) for line in open('/workspace/numbers.txt')))" }, Patience.Token);
        var command = await kernel.InvokeAsync("hopx", "run_command", new() { ["command"] = "wc -l < /workspace/numbers.txt" }, Patience.Token);
        var read = await kernel.InvokeAsync("hopx", "read_file", new() { ["path"] = "/workspace/numbers.txt" }, Patience.Token);
        var refused = await kernel.InvokeAsync("hopx", "read_file", new() { ["path"] = "/etc/shadow" }, Patience.Token);

        Assert.StartsWith("stdout:\n42\n", code.ToString(), StringComparison.Ordinal);
        Assert.StartsWith("stdout:\n2\n", command.ToString(), StringComparison.Ordinal);
        Assert.Equal("19\n23", read.ToString().Trim());
        Assert.StartsWith("Error: ", refused.ToString(), StringComparison.Ordinal);
        Assert.Contains("/etc/shadow", refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_plot_reaches_the_kernel_as_a_picture()
    {
        using var client = await program.Server.CreateClientAsync();
        await using var functions = new HopxFunctions(client, new HopxFunctionOptions());
        var kernel = new Kernel();
        kernel.Plugins.AddHopx(functions);

        var drawn = await kernel.InvokeAsync("hopx", "run_code", new() { ["code"] = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()" }, Patience.Token);

        var picture = Assert.Single(drawn.GetValue<ChatMessageContent>()!.Items.OfType<ImageContent>());
        Assert.Equal([0x89, (byte)'P', (byte)'N', (byte)'G'], picture.Data!.Value.ToArray()[..4]);
    }

    [Fact]
    public async Task The_sandbox_of_the_functions_ends_with_them()
    {
        using var client = await program.Server.CreateClientAsync();
        string output;
        await using (var functions = new HopxFunctions(client, new HopxFunctionOptions { Template = "base" }))
        {
            var kernel = new Kernel();
            kernel.Plugins.AddHopx(functions);
            output = (await kernel.InvokeAsync("hopx", "run_command", new() { ["command"] = "hostname" }, Patience.Token)).ToString();
            Assert.Contains((await client.Sandboxes.ListAsync(cancellationToken: Patience.Token)).Data!, sandbox => sandbox.TemplateName is "base");
        }

        Assert.NotEqual("", output);
        Assert.DoesNotContain((await client.Sandboxes.ListAsync(cancellationToken: Patience.Token)).Data!, sandbox => sandbox.TemplateName is "base");
    }
}
