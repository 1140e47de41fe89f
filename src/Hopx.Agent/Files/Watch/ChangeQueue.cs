using Hopx.Client;

namespace Hopx.Agent;

/// <summary>
/// Changes on their way to a client. A file that is written again before the client has heard of it is told of once; and when the client is so slow that too many wait,
/// they all become one message that says so.
/// </summary>
internal sealed class ChangeQueue(TimeProvider time)
{
    private const int MaxPending = 20_000;

    private readonly Lock _gate = new();
    private readonly Queue<FileChange> _pending = new();
    private readonly HashSet<string> _toldAsWritten = new(StringComparer.Ordinal);
    private TaskCompletionSource _arrived = NewSignal();

    public void Add(FileChange change)
    {
        lock (_gate)
        {
            if (change.Event is "created" or "modified")
            {
                if (!_toldAsWritten.Add(change.Path!) && change.Event is "modified")
                {
                    return;
                }
            }
            else if (change.Path is { } path)
            {
                _toldAsWritten.Remove(path);
            }

            if (_pending.Count >= MaxPending)
            {
                Drop(change.Path, $"More than {MaxPending} changes waited for you and were dropped. Look at the directory anew.");
                return;
            }

            _pending.Enqueue(change with { Timestamp = time.GetUtcNow() });
            _arrived.TrySetResult();
        }
    }

    /// <summary>Says that changes were lost.</summary>
    public void Overflow(string path, string why)
    {
        lock (_gate)
        {
            Drop(path, why);
        }
    }

    public async Task<FileChange> TakeAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            Task arrived;
            lock (_gate)
            {
                if (_pending.TryDequeue(out var change))
                {
                    if (change.Path is { } path)
                    {
                        _toldAsWritten.Remove(path);
                    }

                    return change;
                }

                _arrived = NewSignal();
                arrived = _arrived.Task;
            }

            await arrived.WaitAsync(cancellationToken);
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Drop(string? path, string why)
    {
        _pending.Clear();
        _toldAsWritten.Clear();
        _pending.Enqueue(new FileChange { Type = "overflow", Path = path, Message = why, Timestamp = time.GetUtcNow() });
        _arrived.TrySetResult();
    }
}
