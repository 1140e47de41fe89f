using System.Text.Json.Nodes;

namespace Hopx.Mcp.CommandLine.Demo.Steps;

/// <summary>Code that takes all it can get is stopped; the sandbox and the server go on.</summary>
internal static class LimitSteps
{
    private static readonly string[] Stopped = ["timed_out", "killed", "out_of_memory"];

    public static async Task RunAsync(DemoSession demo, CancellationToken cancellationToken)
    {
        await demo.CheckAsync("A fork bomb is stopped", async () =>
        {
            // It goes on until it is ended: the shell that began it waits for what it left.
            const string Bomb = "bomb() { bomb | bomb & }; bomb 2>/dev/null; while :; do sleep 1; done";
            var run = await demo.CallAsync("run_command", new() { ["command"] = Bomb, ["timeout_seconds"] = 3 }, cancellationToken);
            return await ExpectStoppedAsync(demo, run, cancellationToken);
        });

        await demo.CheckAsync("A memory hog is stopped", async () =>
        {
            const string Hog = """
                held = []
                while True:
                    held.append(bytearray(b"x") * (32 << 20))
                """;
            var run = await demo.CallAsync("run_code", new() { ["language"] = "python", ["code"] = Hog, ["timeout_seconds"] = 20 }, cancellationToken);
            return await ExpectStoppedAsync(demo, run, cancellationToken);
        });
    }

    private static async Task<string> ExpectStoppedAsync(DemoSession demo, ToolAnswer run, CancellationToken cancellationToken)
    {
        var outcome = run.Fact("outcome");
        // Where only a limit for each process holds, Python itself reports that it gets no more.
        var isStopped = Stopped.Contains(outcome) || (run.FindFact("stderr") ?? "").Contains("MemoryError", StringComparison.Ordinal);
        Expect.That(isStopped, $"an outcome of {string.Join(", ", Stopped)}", run.Text);
        var after = await demo.CallAsync("run_code", new JsonObject { ["code"] = "print(6 * 7)" }, cancellationToken);
        Expect.Equal("42", after.Fact("stdout").Trim());
        Expect.Equal(demo.SandboxId, after.SandboxId);
        return $"the answer says so ({outcome}), and the same sandbox runs the next code";
    }
}
