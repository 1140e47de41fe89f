namespace Hopx.Mcp.CommandLine.Demo.Steps;

/// <summary>Two conversations do not meet.</summary>
internal static class ConversationSteps
{
    public static async Task RunAsync(DemoSession demo, CancellationToken cancellationToken) =>
        await demo.CheckAsync("A second conversation gets another sandbox", async () =>
        {
            var other = await demo.CallAsync("run_command", new() { ["command"] = "ls -A /workspace" }, demo.OtherConversation, cancellationToken);
            Expect.That(other.SandboxId != demo.SandboxId, $"a sandbox other than {demo.SandboxId}", other.SandboxId);
            Expect.Equal("", (other.FindFact("stdout") ?? "").Trim());
            return $"{other.SandboxId}, with none of the first one's files";
        });
}
