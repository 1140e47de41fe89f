using Hopx.Client;
using Hopx.EndToEnd.Tests.Program;

namespace Hopx.EndToEnd.Tests.DotNet;

/// <summary>The typed client against the served API.</summary>
public sealed class ClientTests(ServedProgram program) : IClassFixture<ServedProgram>
{
    [Fact]
    public async Task A_program_makes_uses_and_deletes_a_sandbox()
    {
        using var client = await program.Server.CreateClientAsync();
        var made = await client.Sandboxes.CreateAsync(
            new CreateSandboxRequest { TemplateName = "code-interpreter", TimeoutSeconds = 600, EnvVars = new Dictionary<string, string> { ["GREETING"] = "hello" } }, Patience.Token);
        var agent = client.Agent(made.Id);

        var run = await agent.Execution.RunAsync(new ExecuteRequest { Code = "import os\nprint(os.environ['GREETING'])", Language = "python" }, Patience.Token);
        var failing = await agent.Commands.RunAsync(new CommandRequest { Command = "pwd; exit 7", Workdir = "/tmp" }, Patience.Token);
        await agent.Files.MakeDirectoryAsync("/workspace/data", Patience.Token);
        await agent.Files.WriteAsync("/workspace/data/a.txt", "äöü", Patience.Token);
        var read = await agent.Files.ReadAsync("/workspace/data/a.txt", Patience.Token);
        var list = await agent.Files.ListAsync("/workspace/data", Patience.Token);
        await agent.Files.RemoveAsync("/workspace/data", Patience.Token);
        await agent.Environment.UpdateAsync(new Dictionary<string, string> { ["GREETING"] = "good bye" }, Patience.Token);
        var changed = await agent.Commands.RunAsync(new CommandRequest { Command = "echo $GREETING" }, Patience.Token);
        await client.Sandboxes.SetTimeoutAsync(made.Id, TimeSpan.FromHours(2), Patience.Token);
        var info = await client.Sandboxes.GetAsync(made.Id, Patience.Token);

        Assert.Equal("hello", run.Stdout.Trim());
        Assert.Equal((7, "/tmp"), (failing.ExitCode, failing.Stdout.Trim()));
        Assert.Equal("äöü", read.Content);
        Assert.Equal("a.txt", Assert.Single(list.Files!).Name);
        Assert.False(await agent.Files.ExistsAsync("/workspace/data/a.txt", Patience.Token));
        Assert.Equal("good bye", changed.Stdout.Trim());
        Assert.InRange(info.ExpiresAt!.Value - DateTimeOffset.UtcNow, TimeSpan.FromMinutes(110), TimeSpan.FromMinutes(121));
        Assert.True((await agent.GetHealthAsync(Patience.Token)).Status is "healthy");

        await client.Sandboxes.DeleteAsync(made.Id, Patience.Token);
        var gone = await Assert.ThrowsAsync<HopxException>(() => agent.Files.ListAsync("/workspace", Patience.Token));
        Assert.True(gone.MeansSandboxGone, gone.Message);
    }

    [Fact]
    public async Task The_templates_are_those_that_are_built_in()
    {
        using var client = await program.Server.CreateClientAsync();

        var templates = await client.Templates.ListAsync(cancellationToken: Patience.Token);

        Assert.Equal(["base", "code-interpreter", "desktop"], templates.Data!.Select(template => template.Name).Order());
        Assert.Equal("code-interpreter", (await client.Templates.GetAsync("code-interpreter", Patience.Token)).Name);
    }

    [Fact]
    public async Task Many_sandboxes_are_made_at_once_and_know_nothing_of_each_other()
    {
        using var client = await program.Server.CreateClientAsync();

        var made = await Task.WhenAll(Enumerable.Range(0, 6).Select(async number =>
        {
            var sandbox = await client.Sandboxes.CreateAsync(new CreateSandboxRequest { TemplateName = "base" }, Patience.Token);
            await client.Agent(sandbox.Id).Files.WriteAsync("/workspace/number", $"{number}", Patience.Token);
            return (number, sandbox.Id);
        }));

        foreach (var (number, id) in made)
        {
            Assert.Equal($"{number}", (await client.Agent(id).Files.ReadAsync("/workspace/number", Patience.Token)).Content);
            await client.Sandboxes.DeleteAsync(id, Patience.Token);
        }
    }
}
