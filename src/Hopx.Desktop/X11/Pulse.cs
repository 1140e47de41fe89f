namespace Hopx.Desktop;

/// <summary>Something that happens now and then, for any number of waiters. Take <see cref="Next"/> before looking at the state, so that nothing is missed.</summary>
internal sealed class Pulse
{
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Next => Volatile.Read(ref _next).Task;

    public void Beat() => Interlocked.Exchange(ref _next, new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously)).TrySetResult();

    /// <summary>Whether the task ended in time.</summary>
    public static async Task<bool> WithinAsync(Task task, TimeSpan most, TimeProvider time, CancellationToken cancellationToken)
    {
        if (task.IsCompleted || most <= TimeSpan.Zero)
        {
            return task.IsCompleted;
        }

        using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var winner = await Task.WhenAny(task, Task.Delay(most, time, over.Token));
        await over.CancelAsync();
        cancellationToken.ThrowIfCancellationRequested();
        return winner == task;
    }

    /// <summary>Waits until the condition holds, looking again at each beat.</summary>
    public async Task<bool> UntilAsync(Func<bool> condition, TimeSpan most, TimeProvider time, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        while (true)
        {
            var next = Next;
            if (condition())
            {
                return true;
            }

            if (!await WithinAsync(next, most - time.GetElapsedTime(started), time, cancellationToken))
            {
                return condition();
            }
        }
    }
}
