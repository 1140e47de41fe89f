using Hopx.ControlPlane.Setup;
using Spectre.Console;

namespace Hopx.Mcp.CommandLine.Output;

/// <summary>Shows the set-up as it goes: bars on a terminal, lines anywhere else.</summary>
internal static class SetupDisplay
{
    /// <param name="error">Where lines go.</param>
    /// <param name="time">Clock for the rhythm of lines.</param>
    /// <param name="work">What is shown.</param>
    public static Task RunAsync(TextWriter error, TimeProvider time, Func<IProgress<SetupProgress>, Task> work)
    {
        // Whoever gave another writer than the console's wants to read, not to watch.
        var isTerminal = ReferenceEquals(error, Console.Error) && !Console.IsErrorRedirected && Environment.GetEnvironmentVariable("TERM") is not (null or "" or "dumb");
        return isTerminal ? ShowBarsAsync(work) : work(new SetupLines(error, time));
    }

    private static Task ShowBarsAsync(Func<IProgress<SetupProgress>, Task> work)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return console.Progress()
            .Columns(new TaskDescriptionColumn { Alignment = Justify.Left }, new ProgressBarColumn(), new PercentageColumn(), new ElapsedTimeColumn())
            .StartAsync(context => work(new SetupBars(context)));
    }
}
