using System.Threading.Channels;

namespace Hopx.ControlPlane.Events;

/// <summary>One reader of a sandbox's metrics. Who reads slowly misses samples: only the newest are worth anything.</summary>
internal sealed class MetricsReader(Action<MetricsReader> close) : IDisposable
{
    private readonly Channel<ReadOnlyMemory<byte>> _frames = Channel.CreateBounded<ReadOnlyMemory<byte>>(
        new BoundedChannelOptions(4) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    public ChannelReader<ReadOnlyMemory<byte>> Frames => _frames.Reader;

    public void Offer(ReadOnlyMemory<byte> frame) => _frames.Writer.TryWrite(frame);

    public void End() => _frames.Writer.TryComplete();

    public void Dispose() => close(this);
}
