using Hopx.ControlPlane.Setup;
using Spectre.Console;

namespace Hopx.Mcp.CommandLine.Output;

/// <summary>One bar for each step, on a terminal.</summary>
internal sealed class SetupBars(ProgressContext context) : IProgress<SetupProgress>
{
    private const int LongestDetail = 50;

    private readonly Lock _lock = new();
    private readonly Dictionary<string, ProgressTask> _bars = new(StringComparer.Ordinal);

    public void Report(SetupProgress value)
    {
        lock (_lock)
        {
            if (!_bars.TryGetValue(value.Step, out var bar))
            {
                _bars[value.Step] = bar = context.AddTask(Markup.Escape(value.Step), maxValue: 1);
            }

            bar.Description = $"{Markup.Escape(value.Step)} [grey]{Markup.Escape(Shorten(value.Detail))}[/]";
            bar.IsIndeterminate = value is { State: SetupState.Checking or SetupState.Working, Fraction: null };
            bar.Value = value.Fraction ?? bar.Value;
            if (value.State is SetupState.AlreadyReady or SetupState.Done or SetupState.Failed)
            {
                bar.StopTask();
            }
        }
    }

    private static string Shorten(string text) => text.Length > LongestDetail ? text[..(LongestDetail - 1)] + "…" : text;
}
