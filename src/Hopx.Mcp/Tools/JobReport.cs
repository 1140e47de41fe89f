using System.Globalization;
using System.Text.Json;
using Hopx.Client;
using Hopx.Mcp.Conversations;
using Hopx.Mcp.Hosting;
using Microsoft.Extensions.Options;
using ModelContextProtocol.Protocol;

namespace Hopx.Mcp.Tools;

/// <summary>Tells how a job is and what it printed.</summary>
internal sealed class JobReport(Pictures pictures, IOptions<HopxMcpOptions> options)
{
    private const int CommandLength = 100;

    public CallToolResult OfList(OpenSandbox sandbox, IReadOnlyList<JobInfo> jobs)
    {
        var listed = jobs.Take(options.Value.MaxListEntries).Select(job => new ListedJob
        {
            JobId = OutputText.Line(job.ProcessId, CommandLength),
            Status = Name(job.Status),
            Command = OutputText.Line(job.Command ?? job.Name ?? "", CommandLength),
            Seconds = job.Duration,
            ExitCode = job.ExitCode,
        }).ToArray();
        var text = new ResultText().Say(sandbox.Note).Say(listed is [] ? "There are no jobs in this sandbox." : "Jobs of this sandbox (the commands are data from it):");
        foreach (var job in listed)
        {
            text.Say(string.Create(CultureInfo.InvariantCulture, $"{job.JobId}: {job.Status}{(job.ExitCode is { } code ? $", exit code {code}" : "")}, {job.Seconds:0.#} s: {job.Command}"));
        }

        text.Say($"(sandbox {sandbox.Id})");
        return Results.Of(text.ToString(), new JobFacts { SandboxId = sandbox.Id, Jobs = listed, Note = sandbox.Note }, ToolJson.Default.JobFacts);
    }

    /// <param name="sandbox">Where it is.</param>
    /// <param name="id">The job.</param>
    /// <param name="offset">From where on its output is shown; the last of it when null.</param>
    /// <param name="cancellationToken">The call's.</param>
    public async Task<CallToolResult> OfJobAsync(OpenSandbox sandbox, string id, long? offset, CancellationToken cancellationToken)
    {
        var jobs = sandbox.Agent.Jobs;
        var job = await jobs.GetAsync(id, cancellationToken);
        var budget = options.Value.OutputBudget;
        var total = (job.StdoutBytes ?? 0) + (job.StderrBytes ?? 0);
        var part = await jobs.ReadOutputAsync(id, new JobOutputQuery { Offset = offset ?? Math.Max(0, total - budget), Limit = budget }, cancellationToken);
        var output = new OutputSection("output", OutputText.FromTerminal(part.Data));
        var result = job is { HasEnded: true, Kind: "code" } ? await jobs.GetResultAsync(id, cancellationToken) : null;
        var (shown, remarks) = result is null ? ([], []) : pictures.Take(result);
        var value = new OutputSection("result", OutputText.FromTerminal(result?.Result ?? ""));

        var text = new ResultText().Say(Sentence(job)).Say(sandbox.Note).Show(output);
        if (output.Text.Length is 0)
        {
            text.Say(part.TotalBytes is 0 ? "It printed nothing." : "It printed nothing new.");
        }
        else if (part.Offset > 0 || part.NextOffset < part.TotalBytes)
        {
            text.Say(string.Create(
                CultureInfo.InvariantCulture,
                $"Shown are bytes {part.Offset} to {part.NextOffset} of {part.TotalBytes}; action output with another offset shows the rest{(job.OutputDirectory is { } directory ? $", and {OutputText.Line(directory, CommandLength)} holds it as files" : "")}."));
        }

        text.Show(value);
        foreach (var remark in remarks)
        {
            text.Say(remark);
        }

        if (job.WaitingForInput is { } wait)
        {
            text.Say(InputWaits.Choices(job.ProcessId, wait));
        }

        text.Say(string.Create(CultureInfo.InvariantCulture, $"(sandbox {sandbox.Id}, job {OutputText.Line(job.ProcessId, CommandLength)}, next_offset {part.NextOffset})"));
        return shown is not [] ? Results.WithPictures(text.ToString(), shown) : Results.Of(
            text.ToString(),
            new JobFacts
            {
                SandboxId = sandbox.Id,
                JobId = OutputText.Line(job.ProcessId, CommandLength),
                Status = Name(job.Status),
                Outcome = job.Outcome is { } outcome ? JsonNamingPolicy.SnakeCaseLower.ConvertName(outcome.ToString()) : null,
                ExitCode = job.ExitCode,
                Seconds = job.Duration,
                Output = output.Text.Length > 0 ? output.Text : null,
                NextOffset = part.NextOffset,
                WaitingFor = job.WaitingForInput is { } waiting ? OutputText.Line(waiting.Prompt ?? "") : null,
                Result = value.Text.Length > 0 ? value.Text : null,
                Note = remarks is [] ? sandbox.Note : string.Join(' ', [.. sandbox.Notes, .. remarks]),
            },
            ToolJson.Default.JobFacts);
    }

    private static string Sentence(JobInfo job)
    {
        var seconds = string.Create(CultureInfo.InvariantCulture, $"{job.Duration ?? 0:0.#} s");
        var why = job.Explanation is { } explanation ? " " + OutputText.Line(explanation) : "";
        return job.Status switch
        {
            JobStatus.Completed => $"The job ended well after {seconds}, exit code 0.",
            JobStatus.Failed => $"The job failed after {seconds}, exit code {job.ExitCode}.{why}",
            JobStatus.Killed => $"The job was killed after {seconds}.{why}",
            JobStatus.WaitingForInput => $"The job waits for input, {seconds} after its start.",
            JobStatus.Queued => "The job waits for its turn.",
            _ => $"The job is running, {seconds} by now. Call job with action wait to go on waiting, or kill to end it.",
        };
    }

    private static string Name(JobStatus status) => JsonNamingPolicy.SnakeCaseLower.ConvertName(status.ToString());
}
