using System.Text.Json;
using Hopx.Client;

namespace Hopx.Agent;

/// <summary>Runs code for a caller who waits, or goes on without one.</summary>
internal sealed partial class CodeJobs(
    CodeExecution execution, JobRunner jobs, CallbackSender callbacks, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<CodeJobs> logger)
{
    private const int MaxExcerpt = 200;

    private static readonly TimeSpan BackgroundTimeout = TimeSpan.FromSeconds(300);
    private static readonly TimeSpan CallbackTimeout = TimeSpan.FromSeconds(1800);

    /// <summary>Runs code until it ends; or, when the request says so, until it waits for input or has taken long.</summary>
    public async Task<ExecutionResult> RunAsync(ExecuteRequest? request, string requestId, CancellationToken callerLeft)
    {
        if (request is null or { Interactive: not true, DetachAfter: null })
        {
            return await execution.RunAsync(request, requestId, callerLeft);
        }

        var (result, job) = await jobs.RunInForegroundAsync(Describe(request, name: null), request.DetachAfter, observer => execution.Start(Lasting(request), observer), callerLeft);
        var language = Languages.Parse(request.Language);
        return job is null
            ? execution.Describe(language, result!, requestId)
            : new ExecutionResult { Success = false, Language = language.WireName(), Timestamp = time.GetUtcNow(), RequestId = requestId }.WithJob(job);
    }

    private static ExecuteRequest Lasting(ExecuteRequest request) => request.DetachAfter is null ? request : request with { Timeout = request.JobTimeout ?? request.Timeout };

    // In the sandbox's usual kernel it would be in the way of everything else.
    private static ExecuteRequest? Alone(ExecuteRequest? request) =>
        request is { Kernel: null or "" } ? request with { Clean = true } : request;

    public BackgroundRun StartInBackground(BackgroundExecuteRequest? request) =>
        jobs.StartInBackground(Describe(request, request?.Name), observer => execution.Start(Alone(request), observer, BackgroundTimeout)).ToBackgroundRun();

    /// <summary>Starts code, now or when there is a place for it, and posts its result to the caller's address.</summary>
    public AsyncExecution StartWithCallback(AsyncExecuteRequest? request)
    {
        var callback = Callback.From(request);
        var end = new TaskCompletionSource<RunResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        var job = jobs.StartInBackground(Describe(request, request?.Name), observer => execution.Start(Alone(request), observer, CallbackTimeout), end.SetResult);
        _ = CallBackAsync(callback, job, end.Task);
        return new AsyncExecution
        {
            ExecutionId = job.ExecutionId,
            ProcessId = job.ProcessId,
            Status = JobStatus.Queued,
            CallbackUrl = request!.CallbackUrl,
            Message = "Queued; the result is posted to the callback address.",
            Timestamp = time.GetUtcNow(),
        };
    }

    private async Task CallBackAsync(Callback callback, Job job, Task<RunResult> end)
    {
        try
        {
            var result = await end;
            await callbacks.SendAsync(
                callback,
                new AsyncExecutionResult
                {
                    ExecutionId = job.ExecutionId,
                    Status = result.Outcome switch { RunOutcome.Completed => "completed", RunOutcome.TimedOut => "timeout", _ => "failed" },
                    Success = result.Success,
                    Stdout = result.Stdout,
                    Stderr = result.Stderr,
                    ExitCode = result.ExitCode,
                    ExecutionTime = Math.Round(result.Duration.TotalSeconds, 6),
                    Timestamp = time.GetUtcNow(),
                    Error = result.Success ? null : result.Explanation ?? $"Ended with exit code {result.ExitCode}.",
                },
                lifetime.ApplicationStopping);
        }
        catch (OperationCanceledException)
        {
            // The sandbox ends, and nobody can be told any more.
        }
        catch (Exception failure)
        {
            LogFailed(failure, job.ExecutionId);
        }
    }

    private JobDescription Describe(ExecuteRequest? request, string? name)
    {
        var language = Languages.Parse(request?.Language);
        return new JobDescription
        {
            Kind = "code",
            Name = name,
            Language = language.WireName(),
            Command = Excerpt(request?.Code),
            TakesInput = request?.Interactive is true,
            DescribeResult = result => JsonSerializer.SerializeToUtf8Bytes(
                execution.Describe(language, result, requestId: null) with { Stdout = null, Stderr = null }, HopxJson.Default.ExecutionResult),
        };
    }

    private static string? Excerpt(string? code)
    {
        var line = code.AsSpan().TrimStart();
        var end = line.IndexOfAny('\r', '\n');
        line = end < 0 ? line : line[..end];
        return line.Length <= MaxExcerpt ? line.ToString() : $"{line[..MaxExcerpt]}…";
    }

    [LoggerMessage(LogLevel.Error, "Telling the caller of {ExecutionId} what came of it failed.")]
    private partial void LogFailed(Exception failure, string executionId);
}
