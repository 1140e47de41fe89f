using System.Text.Json;
using Hopx.Client;

namespace Hopx.Agent;

/// <summary>Runs commands for a caller who waits, or goes on without one.</summary>
internal sealed class CommandJobs(CommandExecution commands, JobRunner jobs, TimeProvider time)
{
    private const int MaxCommandLength = 1000;

    private static readonly TimeSpan BackgroundTimeout = TimeSpan.FromSeconds(300);

    /// <summary>Runs a command until it ends; or, when the request says so, until it waits for input or has taken long.</summary>
    public async Task<CommandResult> RunAsync(CommandRequest? request, string requestId, CancellationToken callerLeft)
    {
        if (request is null or { Interactive: not true, Terminal: not true, DetachAfter: null })
        {
            var run = commands.Start(request, RunObserver.None);
            return commands.Describe(request!.Command!, await run.CompleteForAsync(callerLeft), requestId);
        }

        var (result, job) = await jobs.RunInForegroundAsync(Describe(request, name: null), request.DetachAfter, observer => commands.Start(Lasting(request), observer), callerLeft);
        return job is null
            ? commands.Describe(request.Command!, result!, requestId)
            : new CommandResult { Success = false, Command = request.Command, Pid = job.LeaderId, Timestamp = time.GetUtcNow(), RequestId = requestId }.WithJob(job);
    }

    private static CommandRequest Lasting(CommandRequest request) => request.DetachAfter is null ? request : request with { Timeout = request.JobTimeout ?? request.Timeout };

    public BackgroundRun StartInBackground(BackgroundCommandRequest? request) =>
        jobs.StartInBackground(Describe(request, request?.Name), observer => commands.Start(request, observer, BackgroundTimeout)).ToBackgroundRun();

    private JobDescription Describe(CommandRequest? request, string? name)
    {
        var line = request?.Args is { Count: > 0 } arguments ? $"{request.Command} {string.Join(' ', arguments)}" : request?.Command ?? "";
        return new JobDescription
        {
            Kind = "command",
            Name = name,
            Command = line.Length <= MaxCommandLength ? line : line[..MaxCommandLength] + "…",
            TakesInput = request is { Interactive: true } or { Terminal: true },
            DescribeResult = result => JsonSerializer.SerializeToUtf8Bytes(
                commands.Describe(request?.Command ?? "", result, requestId: null) with { Stdout = null, Stderr = null }, HopxJson.Default.CommandResult),
        };
    }
}
