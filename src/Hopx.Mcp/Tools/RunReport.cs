using System.Globalization;
using System.Text.Json;
using Hopx.Client;
using Hopx.Mcp.Conversations;
using Hopx.Mcp.Hosting;
using Microsoft.Extensions.Options;
using ModelContextProtocol.Protocol;

namespace Hopx.Mcp.Tools;

/// <summary>Tells how a run of code or of a command ended and what it printed.</summary>
internal sealed class RunReport(OutputBudget budget, Pictures pictures, IOptions<HopxMcpOptions> options)
{
    private const int TimedOutExitCode = 124;
    private const int NotFoundExitCode = 127;
    private const int KilledExitCode = 137;
    private const int IdLength = 60;
    private const string StateLost = "The kept Python interpreter was replaced: its variables and imports are gone. Files are still there.";

    /// <param name="sandbox">Where it ran.</param>
    /// <param name="run">What came of it.</param>
    /// <param name="timeout">Time that it had.</param>
    /// <param name="cancellationToken">The call's.</param>
    /// <param name="remark">What else is to be said.</param>
    public async Task<CallToolResult> OfAsync(OpenSandbox sandbox, RunAnswer run, TimeSpan timeout, CancellationToken cancellationToken, string? remark = null)
    {
        var code = run as ExecutionResult;
        var (shown, remarks) = code is null ? ([], []) : pictures.Take(code);
        var result = code?.Result ?? code?.Markdown;
        var isRunning = run.Outcome is RunOutcome.Running;
        var sections = await budget.FitAsync(
            sandbox,
            [
                new(isRunning && run.Stderr.Length is 0 ? "output" : "stdout", OutputText.FromTerminal(run.Stdout), run.StdoutOmittedBytes ?? 0),
                new("stderr", OutputText.FromTerminal(run.Stderr), run.StderrOmittedBytes ?? 0),
                // Some services repeat the output as the result.
                new("result", result is null || result.Trim() == run.Stdout.Trim() ? "" : OutputText.FromTerminal(result)),
            ],
            cancellationToken);
        string[] said = [.. remarks, .. remark is null ? Array.Empty<string>() : [remark], .. code is null ? [] : NotShown(code), .. code?.StateLost is true ? [StateLost] : Array.Empty<string>()];

        var text = new ResultText().Say(isRunning ? RunningSentence(run) : Sentence(run, timeout)).Say(sandbox.Note);
        foreach (var section in sections)
        {
            text.Show(section);
        }

        foreach (var word in said)
        {
            text.Say(word);
        }

        if (sections.All(section => section.Text.Length is 0) && shown is [])
        {
            text.Say(isRunning ? "Nothing was printed so far." : "Nothing was printed.");
        }

        text.Say($"(sandbox {sandbox.Id}{(isRunning ? $", job {Id(run)}, next_offset {run.OutputOffset ?? 0}" : "")})");
        if (shown is not [])
        {
            return Results.WithPictures(text.ToString(), shown);
        }

        var facts = new RunFacts
        {
            SandboxId = sandbox.Id,
            Outcome = JsonNamingPolicy.SnakeCaseLower.ConvertName(OutcomeOf(run.Outcome, run.Success, run.ExitCode).ToString()),
            ExitCode = isRunning ? null : run.ExitCode,
            Seconds = run.ExecutionTime,
            Stdout = Shown(sections[0].Name),
            Stderr = Shown("stderr"),
            Result = Shown("result"),
            OutputFiles = OutputSection.FilesOf(sections),
            JobId = isRunning ? Id(run) : null,
            WaitingFor = run.WaitingForInput is { } wait ? OutputText.Line(wait.Prompt ?? "") : null,
            Note = said is [] ? sandbox.Note : string.Join(' ', [.. sandbox.Notes, .. said]),
        };
        return Results.Of(text.ToString(), facts, ToolJson.Default.RunFacts);

        string? Shown(string name) => sections.FirstOrDefault(section => section.Name == name) is { Text.Length: > 0 } section ? section.Shown : null;
    }

    private static string Id(RunAnswer run) => OutputText.Line(run.ProcessId ?? "", IdLength);

    private static string RunningSentence(RunAnswer run) => run.WaitingForInput is { } wait
        ? $"Not ended: {InputWaits.Choices(run.ProcessId ?? "", wait)}"
        : string.Create(
            CultureInfo.InvariantCulture,
            $"Still running after {run.ExecutionTime:0.#} s, as job {Id(run)}. Call job with action wait and this job_id for its end, output for what it prints, kill to end it.");

    // The cloud gives only exit codes.
    private static RunOutcome OutcomeOf(RunOutcome said, bool success, int exitCode) => said is not RunOutcome.Unknown ? said : exitCode switch
    {
        0 when success => RunOutcome.Completed,
        TimedOutExitCode => RunOutcome.TimedOut,
        NotFoundExitCode => RunOutcome.CouldNotStart,
        > 128 and < 160 => RunOutcome.Killed,
        _ => RunOutcome.Failed,
    };

    private string Sentence(RunAnswer run, TimeSpan timeout)
    {
        var outcome = OutcomeOf(run.Outcome, run.Success, run.ExitCode);
        var exitCode = run.ExitCode;
        var time = string.Create(CultureInfo.InvariantCulture, $"{run.ExecutionTime:0.##} s");
        if (outcome is not (RunOutcome.Completed or RunOutcome.TimedOut) && run.Explanation is { Length: > 0 } explanation)
        {
            // Who ran it knows best.
            return string.Create(CultureInfo.InvariantCulture, $"{Verdict(outcome)} after {time} (exit code {exitCode}): {OutputText.Line(explanation)}{Advice(outcome)}");
        }

        return outcome switch
        {
            RunOutcome.Completed => $"Completed in {time}, exit code 0.",
            RunOutcome.TimedOut => string.Create(
                CultureInfo.InvariantCulture,
                $"Timed out: killed at its limit of {timeout.TotalSeconds:0.##} s (exit code {exitCode}). Do less per call, raise timeout_seconds (at most {options.Value.MaxRunTimeout.TotalSeconds:0}), or let it work in smaller steps."),
            RunOutcome.OutOfMemory => $"Killed after {time}: the sandbox's memory was used up (exit code {exitCode}). Process the data in smaller parts.",
            RunOutcome.Killed when exitCode is KilledExitCode => $"Killed after {time} (exit code {exitCode}), most often for using too much memory.",
            RunOutcome.Killed => $"Ended by a signal after {time} (exit code {exitCode}).",
            RunOutcome.CouldNotStart => $"Could not start: the program or interpreter is missing, or no process could be made (exit code {exitCode}). Another template may have it.",
            _ => $"Failed after {time}, exit code {exitCode}.",
        };
    }

    private static string Verdict(RunOutcome outcome) => outcome switch
    {
        RunOutcome.OutOfMemory => "Killed for its memory",
        RunOutcome.Killed => "Ended by a signal",
        RunOutcome.CouldNotStart => "Could not start",
        RunOutcome.DiskFull => "Failed on a full disk",
        RunOutcome.TooManyProcesses => "Failed for want of processes",
        RunOutcome.KernelLost => "The Python interpreter died",
        _ => "Failed",
    };

    private static string Advice(RunOutcome outcome) => outcome switch
    {
        RunOutcome.OutOfMemory => " Process the data in smaller parts.",
        RunOutcome.DiskFull => " Delete what is not needed.",
        RunOutcome.TooManyProcesses => " Start fewer at once, or end some.",
        _ => "",
    };

    private static IEnumerable<string> NotShown(ExecutionResult run)
    {
        (string Name, int Length)[] kinds = [("HTML", run.Html?.Length ?? 0), ("SVG", run.Svg?.Length ?? 0), ("JSON", run.Json?.GetRawText().Length ?? 0)];
        var left = kinds.Where(kind => kind.Length > 0).Select(kind => $"{kind.Name} ({kind.Length} characters)").ToArray();
        return left is [] ? [] : [$"Also made, not shown: {string.Join(", ", left)}. Print it or save it as a file to see it."];
    }
}
