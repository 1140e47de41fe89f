using System.Globalization;
using Hopx.ControlPlane.Setup;

namespace Hopx.Mcp.CommandLine.Output;

/// <summary>The set-up as plain lines: one when a step ends, and one every few seconds while it works.</summary>
internal sealed class SetupLines(TextWriter output, TimeProvider time) : IProgress<SetupProgress>
{
    private static readonly TimeSpan Rhythm = TimeSpan.FromSeconds(5);

    private readonly Lock _lock = new();
    private readonly Dictionary<string, long> _begun = new(StringComparer.Ordinal);
    private long _lastLine = time.GetTimestamp();

    public void Report(SetupProgress value)
    {
        lock (_lock)
        {
            _begun.TryAdd(value.Step, time.GetTimestamp());
            switch (value.State)
            {
                case SetupState.AlreadyReady:
                    Write($"{value.Step}: ready ({value.Detail})");
                    break;
                case SetupState.Done:
                    Write($"{value.Step}: done in {Times.Seconds(time.GetElapsedTime(_begun[value.Step]))} ({value.Detail})");
                    break;
                case SetupState.Failed:
                    Write($"{value.Step}: failed");
                    break;
                case SetupState.Working when time.GetElapsedTime(_lastLine) >= Rhythm:
                    Write(value.Fraction is { } fraction ? string.Create(CultureInfo.InvariantCulture, $"{value.Step}: {fraction * 100:0} %, {value.Detail}") : $"{value.Step}: {value.Detail}");
                    break;
            }
        }
    }

    private void Write(string line)
    {
        _lastLine = time.GetTimestamp();
        // What package managers print is full of colours and carriage returns.
        output.WriteLine(string.Concat(line.Select(character => char.IsControl(character) ? ' ' : character)));
    }
}
