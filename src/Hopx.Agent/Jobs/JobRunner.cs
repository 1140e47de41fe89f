using Hopx.Client;
using Microsoft.Extensions.Options;

namespace Hopx.Agent;

/// <summary>Starts runs as jobs: in the background, in a queue, or in the foreground as long as the caller wants to wait.</summary>
internal sealed partial class JobRunner(JobRegistry registry, IOptions<JobOptions> options, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<JobRunner> logger) : IDisposable
{
    // A place is given back without a signal, so the first in the queue looks now and then.
    private static readonly TimeSpan QueueInterval = TimeSpan.FromMilliseconds(100);

    private readonly SemaphoreSlim _turn = new(1, 1);
    private int _queued;

    /// <summary>Starts a run that goes on by itself.</summary>
    /// <param name="description">What it is.</param>
    /// <param name="start">Starts it; fails when it is refused.</param>
    public Job StartInBackground(JobDescription description, Func<RunObserver, IRun> start)
    {
        var job = registry.Create(description, inForeground: false);
        try
        {
            // Known before it begins, so that it is listed as soon as it writes.
            registry.Add(job);
            Follow(job, start(job));
            return job;
        }
        catch
        {
            registry.Remove(job);
            throw;
        }
    }

    /// <summary>Starts a run now, or once there is a place for it.</summary>
    /// <returns>The job, and its end: the result, or the error that kept it from beginning.</returns>
    public (Job Job, Task<(RunResult? Result, HopxException? Error)> End) StartOrQueue(JobDescription description, Func<RunObserver, IRun> start)
    {
        RunResult? full = null;
        var described = description.DescribeResult;
        var job = registry.Create(description with { DescribeResult = result => described?.Invoke(full = result) ?? [] }, inForeground: false);
        registry.Add(job);
        try
        {
            IRun run;
            try
            {
                run = start(job);
            }
            catch (HopxException crowded) when (crowded.Code is HopxErrorCode.ResourceLimitError)
            {
                if (Interlocked.Increment(ref _queued) > options.Value.MaxQueuedJobs)
                {
                    Interlocked.Decrement(ref _queued);
                    throw;
                }

                return (job, QueueAsync(job, start));
            }

            return (job, EndAsync(run));
        }
        catch
        {
            registry.Remove(job);
            throw;
        }

        async Task<(RunResult?, HopxException?)> EndAsync(IRun run)
        {
            await FollowAsync(job, run);
            return (full, null);
        }

        async Task<(RunResult?, HopxException?)> QueueAsync(Job queued, Func<RunObserver, IRun> begin)
        {
            try
            {
                if (await WaitForTurnAsync(queued, begin) is { } run)
                {
                    return await EndAsync(run);
                }

                End(queued, new RunResult { Outcome = RunOutcome.Killed, ExitCode = 137, Duration = TimeSpan.Zero, Explanation = "Killed before its turn came." });
                return (full, null);
            }
            catch (HopxException refused)
            {
                End(queued, new RunResult { Outcome = RunOutcome.CouldNotStart, ExitCode = 126, Duration = TimeSpan.Zero, Explanation = refused.Message });
                return (full, refused);
            }
            finally
            {
                Interlocked.Decrement(ref _queued);
            }
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
            Follow(job, run, hasBegun: true);
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

    public void Dispose() => _turn.Dispose();

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

    private async Task<IRun?> WaitForTurnAsync(Job job, Func<RunObserver, IRun> start)
    {
        // One after another, so that they begin in the order in which they came.
        await _turn.WaitAsync(lifetime.ApplicationStopping);
        try
        {
            while (!job.IsKilled)
            {
                try
                {
                    return start(job);
                }
                catch (HopxException crowded) when (crowded.Code is HopxErrorCode.ResourceLimitError)
                {
                    await Task.Delay(QueueInterval, time, lifetime.ApplicationStopping);
                }
            }

            return null;
        }
        finally
        {
            _turn.Release();
        }
    }

    private void Follow(Job job, IRun run, bool hasBegun = false) => _ = FollowAsync(job, run, hasBegun);

    private async Task FollowAsync(Job job, IRun run, bool hasBegun = false)
    {
        if (!hasBegun)
        {
            job.Begin(run);
        }

        RunResult result;
        try
        {
            result = await run.Completion;
        }
        catch (HopxException refused)
        {
            // Its turn did not come in the time that it could have taken.
            result = new RunResult { Outcome = RunOutcome.CouldNotStart, ExitCode = 126, Duration = TimeSpan.Zero, Explanation = refused.Message };
        }
        catch (Exception failure)
        {
            LogFailed(failure, job.ProcessId);
            result = new RunResult { Outcome = RunOutcome.Failed, ExitCode = 1, Duration = TimeSpan.Zero, Explanation = "The agent failed; its log tells more." };
        }

        End(job, result);
    }

    private void End(Job job, RunResult result)
    {
        job.End(result);
        registry.ForgetOldest();
    }

    [LoggerMessage(LogLevel.Error, "The run of job {ProcessId} failed.")]
    private partial void LogFailed(Exception failure, string processId);
}
