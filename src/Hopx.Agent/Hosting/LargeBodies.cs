using Hopx.Client;

namespace Hopx.Agent;

/// <summary>Bounds what large request bodies hold in memory together, from their first byte to their answer; first come, first served.</summary>
internal sealed class LargeBodies(TimeProvider time)
{
    /// <summary>Bodies up to this size are not counted.</summary>
    public const long SmallBytes = 1024 * 1024;

    // Read, decoded and handed on, a body costs several times its size.
    private const long MostBytes = 64 * 1024 * 1024;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly Lock _gate = new();
    private readonly LinkedList<Waiter> _queue = [];
    private long _held;

    /// <summary>Waits until there is room for a body; the room is given back with the answer.</summary>
    /// <param name="http">The request.</param>
    /// <param name="bytes">Size of the body, or the most that it can be.</param>
    public async Task EnterAsync(HttpContext http, long bytes)
    {
        if (bytes <= SmallBytes)
        {
            return;
        }

        var waiter = new Waiter(Math.Min(bytes, MostBytes), this);
        lock (_gate)
        {
            _queue.AddLast(waiter.Node);
        }

        Advance();
        try
        {
            await waiter.Turn.Task.WaitAsync(Patience, time, http.RequestAborted);
        }
        catch (Exception over) when (over is TimeoutException or OperationCanceledException)
        {
            waiter.Dispose();
            throw over is not TimeoutException ? over : new HopxException(
                HopxErrorCode.ResourceLimitError, $"Other requests with large bodies take up the room for them, and none was answered within {Patience.TotalSeconds:0} s. Send fewer at once, or the data through POST /files/upload.")
            {
                RetryAfter = TimeSpan.FromSeconds(5),
            };
        }

        http.Response.RegisterForDispose(waiter);
    }

    private void Advance()
    {
        while (true)
        {
            Waiter next;
            lock (_gate)
            {
                if (_queue.First is not { } first || _held + first.Value.Bytes > MostBytes)
                {
                    return;
                }

                next = first.Value;
                _queue.RemoveFirst();
                _held += next.Bytes;
            }

            next.Turn.SetResult();
        }
    }

    private void Leave(Waiter waiter)
    {
        lock (_gate)
        {
            if (waiter.Node.List is null)
            {
                _held -= waiter.Bytes;
            }
            else
            {
                _queue.Remove(waiter.Node);
            }
        }

        Advance();
    }

    private sealed class Waiter : IDisposable
    {
        private readonly LargeBodies _bodies;

        public Waiter(long bytes, LargeBodies bodies)
        {
            Bytes = bytes;
            _bodies = bodies;
            Node = new LinkedListNode<Waiter>(this);
        }

        public long Bytes { get; }

        public LinkedListNode<Waiter> Node { get; }

        public TaskCompletionSource Turn { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public void Dispose() => _bodies.Leave(this);
    }
}
