namespace Hopx.Agent;

/// <summary>Pipes that a left-behind process, such as a server in the background, still writes to. They are emptied, or it would block or die of its own output.</summary>
internal sealed class DetachedPumps : IDisposable
{
    private const int MaxPumps = 256;

    private readonly Lock _gate = new();
    private readonly LinkedList<OutputPump> _pumps = [];

    public void Add(OutputPump pump)
    {
        pump.Detach();
        LinkedListNode<OutputPump> node;
        OutputPump? surplus = null;
        lock (_gate)
        {
            node = _pumps.AddLast(pump);
            if (_pumps.Count > MaxPumps)
            {
                surplus = _pumps.First!.Value;
                _pumps.RemoveFirst();
            }
        }

        surplus?.Dispose();
        _ = pump.Completion.ContinueWith(_ => Remove(node), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    public void Dispose()
    {
        OutputPump[] all;
        lock (_gate)
        {
            all = [.. _pumps];
            _pumps.Clear();
        }

        foreach (var pump in all)
        {
            pump.Dispose();
        }
    }

    private void Remove(LinkedListNode<OutputPump> node)
    {
        lock (_gate)
        {
            if (node.List is not null)
            {
                _pumps.Remove(node);
            }
        }
    }
}
