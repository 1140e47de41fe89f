using Hopx.Client;

namespace Hopx.Agent;

/// <summary>Starts runs as jobs: in the background, or in the foreground as long as the caller wants to wait.</summary>
internal sealed partial class JobRunner(JobRegistry registry, ILogger<JobRunner> logger)
{
    private const int CannotStart = 126;

    /// <summary>Starts a run that goes on by itself, now or when its turn comes.</summary>
    /// <param name="description">What it is.</param>
    /// <param name="start">Starts it; fails when it is refused.</param>
    /// <param name="ended">Is told of the end before the job is: the result as it is, output included.</param>
    public Job StartInBackground(JobDescription description, Func<RunObserver, IRun> start, Action<RunResult>? ended = null)
    {
        var job = registry.Create(description, inForeground: false);
        try
        {
            // Known before it begins, so that it is listed as soon as it writes.
            registry.Add(job);
            var run = start(job);
            job.Begin(run);
            Follow(job, run, ended);
            return job;
        }
        catch
        {
            registry.Remove(job);
            throw;
        }
    }

    /// <summary>Starts a run and waits for its end, as long as the caller wants to.</summary>
    /// <param name="description">What it is.</param>
    /// <param name="detachAfter">Seconds after which the wait is over; null for never.</param>
    /// <param name="start">Starts it.</param>
    /// <param name="callerLeft">While somebody waits, the run is for that caller alone.</param>
    /// <returns>The result, or the job that goes on.</returns>
    public async Task<(RunResult? Result, Job? Job)> RunInForegroundAsync(
        JobDescription description, double? detachAfter, Func<RunObserver, IRun> start, CancellationToken callerLeft)
    {
        var job = registry.Create(description, inForeground: true);
        var isAdded = false;
        try
        {
            var run = start(job);
            job.Begin(run);
            var patience = detachAfter switch
            {
                null => Timeout.InfiniteTimeSpan,
                > 0 and var seconds => TimeSpan.FromSeconds(Math.Min(seconds, TimeSpan.FromDays(1).TotalSeconds)),
                _ => TimeSpan.Zero,
            };
            if (!run.Completion.IsCompleted)
            {
                await WaitAsync(job, run, patience, callerLeft);
            }

            if (run.Completion.IsCompleted)
            {
                return (await run.Completion, null);
            }

            registry.Add(job);
            isAdded = true;
            Follow(job, run, ended: null);
            return (null, job);
        }
        finally
        {
            if (!isAdded)
            {
                registry.Discard(job);
            }
        }
    }

    private static async Task WaitAsync(Job job, IRun run, TimeSpan patience, CancellationToken callerLeft)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(callerLeft);
        try
        {
            var waiting = job.WaitAsync(includingInput: job.TakesInput, patience == Timeout.InfiniteTimeSpan ? TimeSpan.FromDays(30) : patience, over.Token);
            await await Task.WhenAny(run.Completion, waiting);
        }
        catch (OperationCanceledException) when (callerLeft.IsCancellationRequested && !run.Completion.IsCompleted)
        {
            job.Kill();
            throw;
        }
        finally
        {
            await over.CancelAsync();
        }
    }

    private void Follow(Job job, IRun run, Action<RunResult>? ended) => _ = FollowAsync(job, run, ended);

    private async Task FollowAsync(Job job, IRun run, Action<RunResult>? ended)
    {
        RunResult result;
        try
        {
            result = await run.Completion;
        }
        catch (HopxException refused)
        {
            // Its turn did not come in the time that it could have taken.
            result = new RunResult { Outcome = RunOutcome.CouldNotStart, ExitCode = CannotStart, Duration = TimeSpan.Zero, Explanation = refused.Message };
        }
        catch (Exception failure)
        {
            LogFailed(failure, job.ProcessId);
            result = new RunResult { Outcome = RunOutcome.Failed, ExitCode = 1, Duration = TimeSpan.Zero, Explanation = "The agent failed; its log tells more." };
        }

        ended?.Invoke(result);
        job.End(result);
        registry.ForgetOldest();
    }

    [LoggerMessage(LogLevel.Error, "The run of job {ProcessId} failed.")]
    private partial void LogFailed(Exception failure, string processId);
}
