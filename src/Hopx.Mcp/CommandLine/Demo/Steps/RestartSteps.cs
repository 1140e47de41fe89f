namespace Hopx.Mcp.CommandLine.Demo.Steps;

/// <summary>The server is killed; what it knew and what the sandbox holds is still there.</summary>
internal static class RestartSteps
{
    public static async Task RunAsync(DemoSession demo, CancellationToken cancellationToken) =>
        await demo.CheckAsync("Everything is still there after the server was killed and started again", async () =>
        {
            await demo.CallAsync("run_command", new() { ["command"] = "nohup sleep 600 > /dev/null 2>&1 & echo $! > /workspace/sleeper" }, cancellationToken);
            await demo.KillServerAsync(cancellationToken);
            await demo.StartServerAsync(cancellationToken);
            // Only the conversation is named, so the mapping has survived too.
            var read = await demo.CallAsync("read_file", new() { ["path"] = "/workspace/notes/irises.md" }, cancellationToken);
            Expect.Equal(demo.SandboxId, read.SandboxId);
            Expect.Contains("virginica", read.Fact("content"));
            var process = await demo.CallAsync("run_command", new() { ["command"] = "cat /proc/$(cat /workspace/sleeper)/comm" }, cancellationToken);
            Expect.Equal("sleep", process.Fact("stdout").Trim());
            return "conversation, files and a running process";
        });
}
