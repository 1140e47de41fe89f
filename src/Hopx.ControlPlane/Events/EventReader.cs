using System.Threading.Channels;

namespace Hopx.ControlPlane.Events;

/// <summary>One reader's place in the log: what was there before, then what comes. A reader that falls behind is cut off, and goes on by its last id.</summary>
internal sealed class EventReader : IDisposable
{
    // Enough for a burst of creates and deletes; beyond it somebody does not read.
    private const int Capacity = 256;
    private const string LastType = "sandbox.deleted";

    private readonly EventLog _log;
    private readonly CancellationTokenSource _fellBehind = new();
    private readonly Channel<ReadOnlyMemory<byte>> _frames = Channel.CreateBounded<ReadOnlyMemory<byte>>(new BoundedChannelOptions(Capacity) { SingleReader = true });

    public EventReader(EventLog log, EventFilter filter, IReadOnlyList<ReadOnlyMemory<byte>> backlog)
    {
        _log = log;
        Filter = filter;
        Backlog = backlog;
        FellBehind = _fellBehind.Token;
    }

    public EventFilter Filter { get; }

    /// <summary>What the reader missed, as far as it is kept.</summary>
    public IReadOnlyList<ReadOnlyMemory<byte>> Backlog { get; }

    public ChannelReader<ReadOnlyMemory<byte>> Frames => _frames.Reader;

    public CancellationToken FellBehind { get; }

    /// <summary>Passes an event on, and never waits for the reader.</summary>
    public void Offer(LoggedEvent logged)
    {
        if (!Filter.Takes(logged))
        {
            return;
        }

        if (!_frames.Writer.TryWrite(logged.Frame))
        {
            _ = _fellBehind.CancelAsync();
        }
        else if (Filter.SandboxId is not null && logged.Type == LastType)
        {
            // Nothing comes after it.
            _frames.Writer.TryComplete();
        }
    }

    public void Dispose()
    {
        _log.Close(this);
        _frames.Writer.TryComplete();
        _fellBehind.Dispose();
    }
}
