using System.Globalization;
using Hopx.Client;
using Hopx.ControlPlane.Hosting;
using Hopx.Mcp.CommandLine.Demo.Steps;
using Hopx.Mcp.CommandLine.Local;

namespace Hopx.Mcp.CommandLine.Demo;

/// <summary>The demo from its first step to its last line.</summary>
internal static class DemoRun
{
    private static readonly TimeSpan CleanUpPatience = TimeSpan.FromMinutes(1);

    private static readonly Func<DemoSession, CancellationToken, Task>[] Steps =
    [
        ServerSteps.RunAsync,
        AnalysisSteps.RunAsync,
        LanguageSteps.RunAsync,
        FileSteps.RunAsync,
        WallSteps.RunAsync,
        LimitSteps.RunAsync,
        ConversationSteps.RunAsync,
        DesktopSteps.RunAsync,
        RestartSteps.RunAsync,
        CleanUpSteps.RunAsync,
    ];

    public static async Task<int> RunAsync(LocalMachine machine, string output, TextWriter stdout, TextWriter stderr, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(output);
        using var transcript = new DemoTranscript(new StreamWriter(Path.Combine(output, "transcript.md")));
        await using var log = TextWriter.Synchronized(new StreamWriter(Path.Combine(output, "server.log")) { AutoFlush = true });
        var started = TimeProvider.System.GetTimestamp();
        await using var demo = new DemoSession(machine, output, transcript, stderr, log.WriteLine);
        transcript.Say("# What the demo did");
        try
        {
            foreach (var step in Steps)
            {
                await step(demo, cancellationToken);
            }
        }
        catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
        {
            transcript.Say($"**Failed**: {failure.Message}");
            await stderr.WriteLineAsync($"FAILED     {demo.Current}");
            await stderr.WriteLineAsync(failure is DemoCheckFailedException check ? $"  expected: {check.Expected}\n  actual:   {check.Actual}" : $"  {failure.GetType().Name}: {failure.Message}");
            await stderr.WriteLineAsync($"  The server's log is in '{Path.Combine(output, "server.log")}', every call in '{Path.Combine(output, "transcript.md")}'.");
            await stdout.WriteLineAsync($"demo: failed after {demo.Passed} checks at '{demo.Current}'");
            return ExitCodes.Failure;
        }
        finally
        {
            await DeleteSandboxesAsync(demo, machine, stderr);
        }

        await stdout.WriteLineAsync(string.Create(
            CultureInfo.InvariantCulture,
            $"demo: {demo.Passed} checks passed in {TimeProvider.System.GetElapsedTime(started).TotalSeconds:0.0} s: Python, JavaScript, Bash and Go agree on {IrisData.Known.Count * IrisData.FlowersOfEachSpecies} irises, "
            + $"plot drawn, files edited, host out of reach, fork bomb and memory hog stopped, conversations kept apart and kept over a kill of the server, a form filled in on a desktop, nothing left behind"));
        return ExitCodes.Success;
    }

    /// <summary>What a failed run has made is deleted too, with or without its server.</summary>
    private static async Task DeleteSandboxesAsync(DemoSession demo, LocalMachine machine, TextWriter stderr)
    {
        if (demo.Sandboxes is { Count: 0 })
        {
            return;
        }

        using var patience = new CancellationTokenSource(CleanUpPatience);
        // The server may be what is broken, and it may hold the home.
        await demo.DisposeAsync();
        await using var plane = new EmbeddedControlPlane(machine.Options, StderrLogging.Quiet);
        using var client = new HopxClient(new HopxClientOptions { BaseUrl = new Uri("http://localhost") }, plane.CreateTransport());
        foreach (var id in demo.Sandboxes.ToList())
        {
            try
            {
                await client.Sandboxes.DeleteAsync(id, patience.Token);
            }
            catch (HopxException failure) when (failure.Code is HopxErrorCode.SandboxNotFound)
            {
                // Already gone.
            }
            catch (Exception failure) when (failure is HopxException or OperationCanceledException)
            {
                await stderr.WriteLineAsync($"Sandbox {id} could not be deleted: {failure.Message} It ends by itself within minutes.");
            }
        }
    }
}
