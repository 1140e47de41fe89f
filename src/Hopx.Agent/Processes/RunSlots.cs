using Hopx.Client;
using Microsoft.Extensions.Options;

namespace Hopx.Agent;

/// <summary>
/// Bounds how many runs go on at once. Whoever finds no place waits in a queue, first come first served. A run that has gone on for a
/// while gives its place to the next and counts among the long ones, so that servers and watchers keep nobody waiting.
/// </summary>
internal sealed class RunSlots(IOptions<ProcessOptions> options, TimeProvider time)
{
    private readonly Lock _gate = new();
    private readonly LinkedList<Waiter> _queue = [];
    private int _short;
    private int _long;
    private long _heldBytes;

    /// <summary>Runs that wait.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
            {
                return _queue.Count;
            }
        }
    }

    /// <returns>A place, or null when there is none now.</returns>
    public Slot? TryTake()
    {
        lock (_gate)
        {
            if (_queue.Count > 0 || _short >= options.Value.MaxConcurrentRuns)
            {
                return null;
            }

            _short++;
        }

        return new Slot(this);
    }

    /// <summary>Waits for a place.</summary>
    /// <param name="patience">How long at most; then it is refused.</param>
    /// <param name="heldBytes">What is held in memory meanwhile.</param>
    /// <param name="cancellationToken">Gives up.</param>
    public Task<Slot> TakeAsync(TimeSpan patience, long heldBytes, CancellationToken cancellationToken)
    {
        var waiter = new Waiter(heldBytes);
        lock (_gate)
        {
            if (_queue.Count >= options.Value.MaxQueuedRuns || (_queue.Count > 0 && _heldBytes + heldBytes > options.Value.MaxQueuedBytes))
            {
                throw Refuse($"and {_queue.Count} wait for their turn already");
            }

            _heldBytes += heldBytes;
            _queue.AddLast(waiter.Node);
        }

        Advance();
        return WaitAsync(waiter, patience, cancellationToken);
    }

    private async Task<Slot> WaitAsync(Waiter waiter, TimeSpan patience, CancellationToken cancellationToken)
    {
        try
        {
            return await waiter.Turn.Task.WaitAsync(patience, time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception over) when (over is TimeoutException or OperationCanceledException)
        {
            if (!Leave(waiter))
            {
                // Its turn came at the same moment.
                return await waiter.Turn.Task.ConfigureAwait(false);
            }

            throw over is TimeoutException ? Refuse($"and none of them ended within the {patience.TotalSeconds:0.###} s that this one would have been allowed to take") : over;
        }
    }

    private HopxException Refuse(string why) => new(
        HopxErrorCode.ResourceLimitError,
        $"{options.Value.MaxConcurrentRuns} runs are going on in this sandbox, no more are allowed at once, {why}. Wait for one to end, run fewer at once, or give this one a longer timeout.")
    {
        RetryAfter = TimeSpan.FromSeconds(1),
    };

    private bool Leave(Waiter waiter)
    {
        lock (_gate)
        {
            if (waiter.Node.List is null)
            {
                return false;
            }

            _queue.Remove(waiter.Node);
            _heldBytes -= waiter.HeldBytes;
            return true;
        }
    }

    private void Advance()
    {
        while (true)
        {
            Waiter next;
            lock (_gate)
            {
                if (_queue.First is not { } first || _short >= options.Value.MaxConcurrentRuns)
                {
                    return;
                }

                next = first.Value;
                _queue.RemoveFirst();
                _heldBytes -= next.HeldBytes;
                _short++;
            }

            next.Turn.SetResult(new Slot(this));
        }
    }

    private bool BecomeLong()
    {
        lock (_gate)
        {
            if (_long >= options.Value.MaxLongRuns)
            {
                return false;
            }

            _long++;
            _short--;
        }

        Advance();
        return true;
    }

    private void GiveBack(bool isLong)
    {
        lock (_gate)
        {
            _ = isLong ? _long-- : _short--;
        }

        Advance();
    }

    private sealed class Waiter
    {
        public Waiter(long heldBytes)
        {
            HeldBytes = heldBytes;
            Node = new LinkedListNode<Waiter>(this);
        }

        public long HeldBytes { get; }

        public LinkedListNode<Waiter> Node { get; }

        public TaskCompletionSource<Slot> Turn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }

    /// <summary>A place that is given back when disposed.</summary>
    public sealed class Slot : IDisposable
    {
        private readonly RunSlots _slots;
        private readonly Lock _gate = new();
        private readonly ITimer _timer;
        private bool _isLong;
        private bool _isGivenBack;

        public Slot(RunSlots slots)
        {
            _slots = slots;
            _timer = slots.Time.CreateTimer(_ => BecomeLong(), null, slots.LongAfter, slots.LongAfter);
        }

        public void Dispose()
        {
            lock (_gate)
            {
                if (_isGivenBack)
                {
                    return;
                }

                _isGivenBack = true;
            }

            _timer.Dispose();
            _slots.GiveBack(_isLong);
        }

        private void BecomeLong()
        {
            lock (_gate)
            {
                _isLong = _isLong || (!_isGivenBack && _slots.BecomeLong());
            }
        }
    }

    private TimeProvider Time => time;

    private TimeSpan LongAfter => options.Value.LongRunAfter;
}
