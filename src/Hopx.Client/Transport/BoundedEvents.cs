namespace Hopx.Client;

/// <summary>A stream of events of which none may be endless: a parser holds one whole event in memory.</summary>
internal sealed class BoundedEvents(Stream inner, int mostBytes) : Stream
{
    private int _length;
    private bool _lineIsEmpty = true;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var read = await inner.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        Count(buffer.Span[..read]);
        return read;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) => ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count)
    {
        var read = inner.Read(buffer, offset, count);
        Count(buffer.AsSpan(offset, read));
        return read;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    // An empty line ends an event.
    private void Count(ReadOnlySpan<byte> bytes)
    {
        foreach (var one in bytes)
        {
            _length++;
            if (one == '\n')
            {
                _length = _lineIsEmpty ? 0 : _length;
                _lineIsEmpty = true;
            }
            else if (one != '\r')
            {
                _lineIsEmpty = false;
            }
        }

        if (_length > mostBytes)
        {
            throw new HopxException(HopxErrorCode.PayloadTooLarge, $"An event of the stream is larger than {mostBytes} bytes; the stream was given up.");
        }
    }
}
