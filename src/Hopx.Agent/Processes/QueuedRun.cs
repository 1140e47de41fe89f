using System.Diagnostics.CodeAnalysis;
using Hopx.Client;

namespace Hopx.Agent;

/// <summary>A run that waits for its turn before it begins.</summary>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "Without a timer the source holds nothing, and a late kill must still find it.")]
internal sealed class QueuedRun : IRun
{
    private const int Killed = 128 + Libc.SigKill;

    private readonly CancellationTokenSource _left = new();
    private readonly TaskCompletionSource<IRun> _begun = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <param name="turn">Waits for a place.</param>
    /// <param name="begin">Begins with it.</param>
    public QueuedRun(Func<CancellationToken, Task<RunSlots.Slot>> turn, Func<RunSlots.Slot, IRun> begin) => Completion = CompleteAsync(turn(_left.Token), begin);

    public int? ProcessId => Begun?.ProcessId;

    public Task<RunResult> Completion { get; }

    private IRun? Begun => _begun.Task is { IsCompletedSuccessfully: true } begun ? begun.Result : null;

    public void Kill()
    {
        _left.Cancel();
        Begun?.Kill();
    }

    public bool Signal(int signal) => Begun?.Signal(signal) is true;

    public async ValueTask<bool> WriteInputAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            return await (await _begun.Task.WaitAsync(cancellationToken).ConfigureAwait(false)).WriteInputAsync(bytes, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return false;
        }
    }

    public void EndInput() => _ = _begun.Task.ContinueWith(
        static begun => begun.Result.EndInput(), CancellationToken.None, TaskContinuationOptions.OnlyOnRanToCompletion, TaskScheduler.Default);

    private async Task<RunResult> CompleteAsync(Task<RunSlots.Slot> turn, Func<RunSlots.Slot, IRun> begin)
    {
        try
        {
            var run = begin(await turn.ConfigureAwait(false));
            _begun.SetResult(run);
            if (_left.IsCancellationRequested)
            {
                run.Kill();
            }

            return await run.Completion.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (_left.IsCancellationRequested)
        {
            return new RunResult { Outcome = RunOutcome.Killed, ExitCode = Killed, Duration = TimeSpan.Zero, Explanation = "Killed before its turn came." };
        }
        finally
        {
            _begun.TrySetCanceled(CancellationToken.None);
        }
    }
}
