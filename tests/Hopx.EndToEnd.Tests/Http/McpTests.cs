using System.Net;
using Hopx.EndToEnd.Tests.Program;

namespace Hopx.EndToEnd.Tests.Http;

/// <summary>MCP over HTTP with the client of the SDK.</summary>
public sealed class McpTests(ServedProgram program) : IClassFixture<ServedProgram>
{
    [Theory]
    [InlineData("2026-07-28")]
    [InlineData("2025-11-25")]
    public async Task An_agent_runs_code_over_either_revision_of_the_protocol(string version)
    {
        await using var client = await program.Server.ConnectAsync(version);

        var run = await client.DoAsync("run_code", new { code = "print(6 * 7)", conversation = version });
        await client.DoAsync("write_file", new { path = "note", content = version, conversation = version });
        var read = await client.DoAsync("read_file", new { path = "note", sandbox_id = run.SandboxId() });

        Assert.Equal(version, client.NegotiatedProtocolVersion);
        Assert.Equal("42", run.Fact("stdout").Trim());
        Assert.Equal(version, read.Fact("content").Trim());
    }

    [Fact]
    public async Task Two_sessions_of_the_older_revision_are_two_conversations()
    {
        await using var first = await program.Server.ConnectAsync("2025-11-25");
        await using var second = await program.Server.ConnectAsync("2025-11-25");

        var ofFirst = await first.DoAsync("run_command", new { command = "echo mine > note" });
        var ofSecond = await second.DoAsync("run_command", new { command = "ls -A" });
        var again = await first.DoAsync("run_command", new { command = "cat note" });

        Assert.NotEqual(ofFirst.SandboxId(), ofSecond.SandboxId());
        Assert.Equal("", ofSecond.Fact("stdout").Trim());
        Assert.Equal((ofFirst.SandboxId(), "mine"), (again.SandboxId(), again.Fact("stdout").Trim()));
    }

    [Fact]
    public async Task A_wrong_key_is_refused_at_once()
    {
        var failure = await Assert.ThrowsAsync<HttpRequestException>(() => program.Server.ConnectAsync(key: "hopx_live_AAAAAAAAAAAA.bm90IGEga2V5"));

        Assert.Equal(HttpStatusCode.Unauthorized, failure.StatusCode);
        Assert.Contains("hopx-mcp key create", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("bm90IGEga2V5", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Both_doors_lead_to_the_same_sandboxes()
    {
        await using var mcp = await program.Server.ConnectAsync(key: await program.Server.KeyAsync());
        using var api = await program.Server.CreateClientAsync();

        var id = (await mcp.DoAsync("run_command", new { command = "echo by MCP > note", conversation = "doors" })).SandboxId();
        var read = await api.Agent(id).Files.ReadAsync("/workspace/note", Patience.Token);
        await api.Sandboxes.DeleteAsync(id, Patience.Token);

        Assert.Equal("by MCP", read.Content.Trim());
        Assert.Contains(id, await mcp.RefuseAsync("read_file", new { path = "note", sandbox_id = id }), StringComparison.Ordinal);
    }
}
