using Hopx.Client;
using Microsoft.Extensions.Options;

namespace Hopx.ControlPlane.Admission;

/// <summary>How many sandboxes are launched at once: beyond that each only makes the others slower.</summary>
internal sealed class LaunchGate : IDisposable
{
    private readonly SemaphoreSlim _turns;
    private readonly TimeSpan _patience;
    private readonly TimeProvider _time;
    private int _waiting;

    public LaunchGate(IOptions<ControlPlaneOptions> options, TimeProvider time)
    {
        AtOnce = options.Value.LaunchesAtOnce is > 0 and var set ? set : 2 * Environment.ProcessorCount;
        _turns = new SemaphoreSlim(AtOnce, AtOnce);
        _patience = options.Value.LaunchPatience;
        _time = time;
    }

    public int AtOnce { get; }

    public int Waiting => Volatile.Read(ref _waiting);

    /// <summary>Waits for a turn; disposing the result lets the next one in.</summary>
    public async Task<IDisposable> EnterAsync(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _waiting);
        using var late = new CancellationTokenSource(_patience, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, late.Token);
        try
        {
            await _turns.WaitAsync(either.Token);
            return new Turn(_turns);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw new HopxException(
                HopxErrorCode.ServiceUnavailable, $"{Waiting} sandboxes are being started, and this one did not have its turn within {_patience.TotalSeconds:0.#} s. Nothing of it was made; try again in a moment.")
            {
                RetryAfter = TimeSpan.FromSeconds(5),
            };
        }
        finally
        {
            Interlocked.Decrement(ref _waiting);
        }
    }

    /// <summary>A turn for a launch that nobody waits for: only when nothing else is launched.</summary>
    public IDisposable? TryEnterIdle()
    {
        if (Waiting > 0 || _turns.CurrentCount < AtOnce)
        {
            return null;
        }

        return _turns.Wait(0) ? new Turn(_turns) : null;
    }

    public void Dispose() => _turns.Dispose();

    private sealed class Turn(SemaphoreSlim turns) : IDisposable
    {
        private SemaphoreSlim? _turns = turns;

        public void Dispose() => Interlocked.Exchange(ref _turns, null)?.Release();
    }
}
