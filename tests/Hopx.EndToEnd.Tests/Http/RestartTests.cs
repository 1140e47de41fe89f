using System.Net;
using Hopx.Client;
using Hopx.EndToEnd.Tests.Program;
using Hopx.Testing;

namespace Hopx.EndToEnd.Tests.Http;

/// <summary>An HTTP server ends and another one goes on for it.</summary>
public sealed class RestartTests(PreparedMachine machine)
{
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Keys_sandboxes_their_addresses_and_tokens_outlive_the_server(bool isKilled)
    {
        await using var program = await HopxProgram.CreateAsync(machine);
        var first = await program.ServeAsync();
        var key = await first.KeyAsync();
        Sandbox before;
        string token;
        using (var client = await first.CreateClientAsync(key))
        {
            before = await client.Sandboxes.CreateAsync(new CreateSandboxRequest { TemplateName = "base" }, Patience.Token);
            await client.Agent(before.Id).Files.WriteAsync("/workspace/note", "kept", Patience.Token);
            token = (await client.Sandboxes.RefreshTokenAsync(before.Id, Patience.Token)).AuthToken;
        }

        await EndAsync(first, isKilled);
        var second = await program.ServeAsync();
        using var again = await second.CreateClientAsync(key);
        var after = await again.Sandboxes.GetAsync(before.Id, Patience.Token);

        Assert.Equal((SandboxStatus.Running, before.PublicHost), (after.Status, after.PublicHost));
        Assert.Equal("kept", (await again.Agent(before.Id).Files.ReadAsync("/workspace/note", Patience.Token)).Content);
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(new Uri(before.PublicHost!), "/files/read?path=/workspace/note"));
        request.Headers.Authorization = new("Bearer", token);
        using var answer = await http.SendAsync(request, Patience.Token);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Jobs_and_kept_terminals_go_on_while_there_is_no_server(bool isKilled)
    {
        await using var program = await HopxProgram.CreateAsync(machine);
        var first = await program.ServeAsync();
        var key = await first.KeyAsync();
        string id;
        string job;
        string terminal;
        using (var client = await first.CreateClientAsync(key))
        {
            id = (await client.Sandboxes.CreateAsync(new CreateSandboxRequest { TemplateName = "base" }, Patience.Token)).Id;
            var agent = client.Agent(id);
            job = (await agent.Commands.RunInBackgroundAsync(
                new BackgroundCommandRequest { Command = "echo begun; while [ ! -e go ]; do sleep 0.05; done; echo gone on; read name; echo hello $name", Interactive = true, Timeout = 600 }, Patience.Token)).ProcessId;
            await using var connection = await agent.Terminal.ConnectAsync(new TerminalRequest { Keep = TimeSpan.FromMinutes(10) }, Patience.Token);
            terminal = connection.Id!;
            await connection.WriteAsync("colour=green; echo ready''!\r", Patience.Token);
            await ShowsAsync(connection, "ready!");
            await EndAsync(first, isKilled);
        }

        using var again = await (await program.ServeAsync()).CreateClientAsync(key);
        var after = again.Agent(id);
        await after.Files.WriteAsync("/workspace/go", "", Patience.Token);
        await after.Jobs.WriteInputAsync(job, "Ada\n", cancellationToken: Patience.Token);
        var patience = Patience.Token;
        while (!(await after.Jobs.WaitAsync(job, TimeSpan.FromSeconds(20), patience)).HasEnded)
        {
        }

        Assert.Equal("begun\ngone on\nhello Ada\n", (await after.Jobs.ReadOutputAsync(job, cancellationToken: Patience.Token)).Data);
        await using var reconnected = await after.Terminal.ConnectAsync(new TerminalRequest { Id = terminal }, Patience.Token);
        await ShowsAsync(reconnected, "ready!");
        await reconnected.WriteAsync("echo still $colour''!\r", Patience.Token);
        await ShowsAsync(reconnected, "still green!");
    }

    private static async Task EndAsync(HttpServer server, bool isKilled)
    {
        if (isKilled)
        {
            await server.KillAsync();
        }
        else
        {
            Assert.Equal(0, await server.TerminateAsync());
        }
    }

    private static async Task ShowsAsync(TerminalConnection terminal, string text)
    {
        var seen = "";
        await foreach (var part in terminal.ReadAllAsync(Patience.Token))
        {
            seen += part;
            if (seen.Contains(text, StringComparison.Ordinal))
            {
                return;
            }
        }

        Assert.Fail($"The terminal ended and showed only: {seen}");
    }
}
