using System.Text;
using System.Text.Json;

namespace Hopx.EndToEnd.Tests.Program;

/// <summary>What a server writes on stdout, passed on while each line is checked to be JSON-RPC.</summary>
internal sealed class ProtocolStream(Stream inner) : Stream
{
    private readonly MemoryStream _line = new();
    private readonly List<string> _foreign = [];

    public IReadOnlyList<string> ForeignLines => _foreign;

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
        var read = await inner.ReadAsync(buffer, cancellationToken);
        Watch(buffer.Span[..read]);
        return read;
    }

    public override async Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        await ReadAsync(buffer.AsMemory(offset, count), cancellationToken);

    public override int Read(byte[] buffer, int offset, int count)
    {
        var read = inner.Read(buffer, offset, count);
        Watch(buffer.AsSpan(offset, read));
        return read;
    }

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            inner.Dispose();
            _line.Dispose();
        }

        base.Dispose(disposing);
    }

    private void Watch(ReadOnlySpan<byte> bytes)
    {
        while (bytes.IndexOf((byte)'\n') is >= 0 and var end)
        {
            _line.Write(bytes[..end]);
            bytes = bytes[(end + 1)..];
            if (!IsMessage(_line.ToArray()))
            {
                _foreign.Add(Encoding.UTF8.GetString(_line.ToArray()));
            }

            _line.SetLength(0);
        }

        _line.Write(bytes);
    }

    private static bool IsMessage(byte[] line)
    {
        try
        {
            using var message = JsonDocument.Parse(line);
            return message.RootElement.TryGetProperty("jsonrpc", out var version) && version.ValueEquals("2.0");
        }
        catch (JsonException)
        {
            return false;
        }
    }
}
