using System.Globalization;
using Hopx.Client;

namespace Hopx.Mcp.Tools;

/// <summary>Tells what a run waits for and what can be done about it.</summary>
internal static class InputWaits
{
    private const int NameLength = 60;

    public static string Choices(string job, InputWait wait)
    {
        var id = OutputText.Line(job, NameLength);
        var who = wait.ProcessName is { Length: > 0 } name ? $"'{OutputText.Line(name, NameLength)}'" : "It";
        var pid = wait.Pid is { } process ? string.Create(CultureInfo.InvariantCulture, $" (process {process})") : "";
        var reads = wait.Source is "terminal" ? "its terminal" : "its standard input";
        var asks = wait.Prompt?.Trim() is { Length: > 0 } prompt ? $" after printing \"{OutputText.Line(prompt)}\"" : "";
        return $"{who}{pid} waits for input from {reads}{asks}. Answer with job action input, job_id {id} and text; end its input with end_of_input; or end it with action kill.";
    }
}
