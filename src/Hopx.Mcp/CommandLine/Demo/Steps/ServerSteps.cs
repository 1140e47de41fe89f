namespace Hopx.Mcp.CommandLine.Demo.Steps;

/// <summary>The server starts and makes a sandbox for a conversation.</summary>
internal static class ServerSteps
{
    public static async Task RunAsync(DemoSession demo, CancellationToken cancellationToken)
    {
        await demo.CheckAsync("The server starts and offers its tools", async () =>
        {
            await demo.StartServerAsync(cancellationToken);
            var tools = await demo.ListToolsAsync(cancellationToken);
            Expect.That(tools.Contains("run_code") && tools.Contains("sandbox_create"), "tools run_code and sandbox_create", string.Join(", ", tools));
            return $"{tools.Count} tools over MCP {demo.Protocol}";
        });

        await demo.CheckAsync("A conversation gets a sandbox", async () =>
        {
            var created = await demo.CallAsync("sandbox_create", new() { ["template"] = "code-interpreter" }, cancellationToken);
            demo.SandboxId = created.SandboxId;
            // Truthful, as the steps at the wall show.
            Expect.Equal("false", created.Fact("internet_access"));
            return $"{demo.SandboxId}, without internet access, and it says so";
        });
    }
}
