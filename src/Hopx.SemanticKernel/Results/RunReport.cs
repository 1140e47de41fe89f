using System.Globalization;
using System.Text;
using Hopx.Client;

namespace Hopx.SemanticKernel;

/// <summary>How a run of code or of a command is told to a model.</summary>
internal sealed class RunReport(HopxFunctionOptions options)
{
    private readonly StringBuilder _text = new();

    public RunReport Add(string name, string text, long? omittedBytes = null)
    {
        if (text.Length > 0)
        {
            _text.Append(CultureInfo.InvariantCulture, $"{name}:\n{BoundedText.HeadAndTail(text, options.MaxOutputCharacters).TrimEnd('\n')}\n");
        }

        if (omittedBytes is > 0)
        {
            _text.Append(CultureInfo.InvariantCulture, $"[{omittedBytes} bytes in the middle of {name} were too much to keep]\n");
        }

        return this;
    }

    public RunReport Note(string line)
    {
        _text.Append('[').Append(line).Append("]\n");
        return this;
    }

    public string End(RunOutcome outcome, int exitCode, double seconds, double askedSeconds)
    {
        var time = seconds.ToString("0.##", CultureInfo.InvariantCulture);
        return _text.Append(outcome switch
        {
            RunOutcome.TimedOut when askedSeconds < options.MaxRunTime.TotalSeconds => $"Killed: time was up after {time} s. Do less, or ask for more with timeout_seconds.",
            RunOutcome.TimedOut => $"Killed: time was up after {time} s, and more is not allowed. Do less at a time, or start it in the background with run_command.",
            RunOutcome.OutOfMemory => $"Killed after {time} s: the memory of the sandbox was used up. Work on less data at a time.",
            RunOutcome.Killed => $"Killed by a signal after {time} s (exit code {exitCode}).",
            RunOutcome.CouldNotStart => $"Could not be started (exit code {exitCode}): the program is missing, or no process could be made.",
            _ => string.Create(CultureInfo.InvariantCulture, $"exit code {exitCode}, {time} s"),
        }).ToString();
    }
}
