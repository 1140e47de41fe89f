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

    public async Task<CallToolResult> OfCodeAsync(OpenSandbox sandbox, ExecutionResult run, TimeSpan timeout, CancellationToken cancellationToken)
    {
        var (shown, remarks) = pictures.Take(run);
        var result = run.Result ?? run.Markdown;
        OutputSection[] sections =
        [
            new("stdout", OutputText.FromTerminal(run.Stdout), run.StdoutOmittedBytes ?? 0),
            new("stderr", OutputText.FromTerminal(run.Stderr), run.StderrOmittedBytes ?? 0),
            // Some services repeat the output as the result.
            new("result", result is null || result.Trim() == run.Stdout.Trim() ? "" : OutputText.FromTerminal(result)),
        ];
        return await ReportAsync(
            sandbox, OutcomeOf(run.Outcome, run.Success, run.ExitCode), run.ExitCode, run.ExecutionTime, timeout, sections, shown, [.. remarks, .. NotShown(run)], cancellationToken);
    }

    public Task<CallToolResult> OfCommandAsync(OpenSandbox sandbox, CommandResult run, TimeSpan timeout, CancellationToken cancellationToken) => ReportAsync(
        sandbox,
        OutcomeOf(run.Outcome, run.Success, run.ExitCode),
        run.ExitCode,
        run.ExecutionTime,
        timeout,
        [
            new("stdout", OutputText.FromTerminal(run.Stdout), run.StdoutOmittedBytes ?? 0),
            new("stderr", OutputText.FromTerminal(run.Stderr), run.StderrOmittedBytes ?? 0),
        ],
        [],
        [],
        cancellationToken);

    private async Task<CallToolResult> ReportAsync(
        OpenSandbox sandbox,
        RunOutcome outcome,
        int exitCode,
        double seconds,
        TimeSpan timeout,
        IReadOnlyList<OutputSection> sections,
        IReadOnlyList<ImageContentBlock> shown,
        IReadOnlyList<string> remarks,
        CancellationToken cancellationToken)
    {
        sections = await budget.FitAsync(sandbox, sections, cancellationToken);
        var text = new ResultText().Say(Sentence(outcome, exitCode, seconds, timeout)).Say(sandbox.Note);
        foreach (var section in sections)
        {
            text.Show(section);
        }

        foreach (var remark in remarks)
        {
            text.Say(remark);
        }

        if (sections.All(section => section.Text.Length is 0) && shown is [])
        {
            text.Say("Nothing was printed.");
        }

        text.Say($"(sandbox {sandbox.Id})");
        if (shown is not [])
        {
            return Results.WithPictures(text.ToString(), shown);
        }

        var files = sections.Select(section => section.File).OfType<string>().ToArray();
        var facts = new RunFacts
        {
            SandboxId = sandbox.Id,
            Outcome = JsonNamingPolicy.SnakeCaseLower.ConvertName(outcome.ToString()),
            ExitCode = exitCode,
            Seconds = seconds,
            Stdout = Shown("stdout"),
            Stderr = Shown("stderr"),
            Result = Shown("result"),
            OutputFiles = files is [] ? null : files,
            Note = remarks is [] ? sandbox.Note : string.Join(' ', [.. sandbox.Notes, .. remarks]),
        };
        return Results.Of(text.ToString(), facts, ToolJson.Default.RunFacts);

        string? Shown(string name) => sections.FirstOrDefault(section => section.Name == name) is { Text.Length: > 0 } section ? section.Shown : null;
    }

    // The cloud gives only exit codes.
    private static RunOutcome OutcomeOf(RunOutcome said, bool success, int exitCode) => said is not RunOutcome.Unknown ? said : exitCode switch
    {
        0 when success => RunOutcome.Completed,
        TimedOutExitCode => RunOutcome.TimedOut,
        NotFoundExitCode => RunOutcome.CouldNotStart,
        > 128 and < 160 => RunOutcome.Killed,
        _ => RunOutcome.Failed,
    };

    private string Sentence(RunOutcome outcome, int exitCode, double seconds, TimeSpan timeout)
    {
        var time = string.Create(CultureInfo.InvariantCulture, $"{seconds:0.##} s");
        return outcome switch
        {
            RunOutcome.Completed => $"Completed in {time}, exit code 0.",
            RunOutcome.TimedOut => string.Create(
                CultureInfo.InvariantCulture,
                $"Timed out: killed at its limit of {timeout.TotalSeconds:0.##} s (exit code {exitCode}). Do less per call, raise timeout_seconds (at most {options.Value.MaxRunTimeout.TotalSeconds:0}), or start it in the background with its output in a file and look at that later."),
            RunOutcome.OutOfMemory => $"Killed after {time}: the sandbox's memory was used up (exit code {exitCode}). Process the data in smaller parts.",
            RunOutcome.Killed when exitCode is KilledExitCode => $"Killed after {time} (exit code {exitCode}), most often for using too much memory.",
            RunOutcome.Killed => $"Ended by a signal after {time} (exit code {exitCode}).",
            RunOutcome.CouldNotStart => $"Could not start: the program or interpreter is missing, or no process could be made (exit code {exitCode}). Another template may have it.",
            _ => $"Failed after {time}, exit code {exitCode}.",
        };
    }

    private static IEnumerable<string> NotShown(ExecutionResult run)
    {
        (string Name, int Length)[] kinds = [("HTML", run.Html?.Length ?? 0), ("SVG", run.Svg?.Length ?? 0), ("JSON", run.Json?.GetRawText().Length ?? 0)];
        var left = kinds.Where(kind => kind.Length > 0).Select(kind => $"{kind.Name} ({kind.Length} characters)").ToArray();
        return left is [] ? [] : [$"Also made, not shown: {string.Join(", ", left)}. Print it or save it as a file to see it."];
    }
}
