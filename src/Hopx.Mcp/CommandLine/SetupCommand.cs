using System.CommandLine;
using Hopx.ControlPlane.Setup;
using Hopx.Mcp.CommandLine.Local;
using Hopx.Mcp.CommandLine.Output;

namespace Hopx.Mcp.CommandLine;

/// <summary>Prepares this machine; the demo and the tests do the same by themselves.</summary>
internal static class SetupCommand
{
    private static readonly string[] DefaultTemplates = ["code-interpreter", "base"];

    public static Command Create()
    {
        var templates = new Option<string[]>("--template") { Description = "Template to build; may be given several times. code-interpreter and base by default." };
        return CommandBuilder.Create(
            "setup",
            "Prepare this machine: packages, sub-ids, the agent, templates. A second run changes nothing.",
            [templates, SettingOption.AgentPath],
            async (arguments, context, cancellationToken) =>
            {
                using var machine = new LocalMachine(context.Settings.ControlPlane());
                await RunAsync(machine, arguments.GetValue(templates) is { Length: > 0 } named ? named : DefaultTemplates, context.Error, cancellationToken);
                return ExitCodes.Success;
            });
    }

    /// <summary>Runs the set-up with its progress shown, and says what was done.</summary>
    public static async Task RunAsync(LocalMachine machine, IReadOnlyCollection<string> templates, TextWriter error, CancellationToken cancellationToken)
    {
        var time = TimeProvider.System;
        var started = time.GetTimestamp();
        var done = new List<string>();
        await SetupDisplay.RunAsync(error, time, progress => machine.Setup.RunAsync(templates, new Recorder(progress, done), cancellationToken));
        await error.WriteLineAsync(done is []
            ? $"setup: nothing was to be done; this machine is ready ({Times.Seconds(time.GetElapsedTime(started))})."
            : $"setup: prepared {string.Join(", ", done)} in {Times.Seconds(time.GetElapsedTime(started))}; this machine is ready.");
    }

    private sealed class Recorder(IProgress<SetupProgress> next, List<string> done) : IProgress<SetupProgress>
    {
        public void Report(SetupProgress value)
        {
            if (value.State is SetupState.Done)
            {
                done.Add(value.Step);
            }

            next.Report(value);
        }
    }
}
