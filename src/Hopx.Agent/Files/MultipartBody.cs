using System.Buffers;
using System.IO.Pipelines;
using System.Text;
using Hopx.Client;

namespace Hopx.Agent;

/// <summary>
/// Takes a multipart body apart as it comes in. What is in a part is handed on where it lies, in the connection's own memory: a file that is
/// copied once more on its way takes a third longer.
/// </summary>
internal sealed class MultipartBody
{
    private const int MaxHeaderBytes = 16 * 1024;
    private const int MaxBoundaryLength = 200;
    private const string HeadersEnd = "\r\n\r\n";

    private readonly PipeReader _body;
    private readonly byte[] _delimiter;
    private bool _isBegun;
    private bool _isInPart;

    public MultipartBody(PipeReader body, string boundary)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(boundary.Length, MaxBoundaryLength);
        _body = body;
        _delimiter = Encoding.UTF8.GetBytes("\r\n--" + boundary);
    }

    /// <summary>Goes on to the next part; what is left of the one before is passed over.</summary>
    /// <returns>Its headers by lower-case name; null after the last part.</returns>
    public async Task<IReadOnlyDictionary<string, string>?> NextAsync(CancellationToken cancellationToken)
    {
        if (!_isBegun)
        {
            _isBegun = true;
            await BeginAsync(cancellationToken);
        }
        else if (_isInPart)
        {
            await ReadAsync(static _ => { }, cancellationToken);
        }

        if (await IsLastAsync(cancellationToken))
        {
            return null;
        }

        _isInPart = true;
        return ParseHeaders(await ReadHeadersAsync(cancellationToken));
    }

    /// <summary>Reads the part to its end.</summary>
    public async Task ReadAsync(Action<ReadOnlySequence<byte>> take, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await ReadBodyAsync(cancellationToken);
            var buffer = read.Buffer;
            var end = Find(buffer, _delimiter);
            var whole = end >= 0 ? buffer.Slice(0, end) : buffer.Slice(0, buffer.Length - Undecided(buffer));
            try
            {
                if (!whole.IsEmpty)
                {
                    take(whole);
                }
            }
            finally
            {
                _body.AdvanceTo(end >= 0 ? buffer.GetPosition(end + _delimiter.Length) : whole.End, end >= 0 ? buffer.GetPosition(end + _delimiter.Length) : buffer.End);
            }

            if (end >= 0)
            {
                _isInPart = false;
                return;
            }

            if (read.IsCompleted)
            {
                throw Malformed("it ends in the middle of a part");
            }
        }
    }

    public static HopxException Malformed(string why) =>
        new(HopxErrorCode.InvalidRequest, $"The upload cannot be read: {why}. Send multipart/form-data with the parts 'file' and 'path'.");

    // The first delimiter stands at the very beginning, without a line before it, or after a preamble.
    private async Task BeginAsync(CancellationToken cancellationToken)
    {
        var first = _delimiter.AsMemory(2);
        var read = await ReadAtLeastAsync(first.Length, cancellationToken);
        if (StartsWith(read.Buffer, first.Span))
        {
            _body.AdvanceTo(read.Buffer.GetPosition(first.Length));
            return;
        }

        _body.AdvanceTo(read.Buffer.Start, read.Buffer.Start);
        await ReadAsync(static _ => { }, cancellationToken);
    }

    private async Task<bool> IsLastAsync(CancellationToken cancellationToken)
    {
        var read = await ReadAtLeastAsync(2, cancellationToken);
        var isLast = StartsWith(read.Buffer, "--"u8);
        _body.AdvanceTo(isLast ? read.Buffer.GetPosition(2) : read.Buffer.Start, isLast ? read.Buffer.GetPosition(2) : read.Buffer.Start);
        return isLast;
    }

    // From the end of the delimiter's line on, so that a part without headers ends like one with some.
    private async Task<string> ReadHeadersAsync(CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await ReadBodyAsync(cancellationToken);
            var buffer = read.Buffer;
            var end = Find(buffer, "\r\n\r\n"u8);
            if (end >= 0 && end <= MaxHeaderBytes)
            {
                var text = Encoding.UTF8.GetString(buffer.Slice(0, end));
                _body.AdvanceTo(buffer.GetPosition(end + HeadersEnd.Length));
                return text;
            }

            var isTooLong = buffer.Length > MaxHeaderBytes;
            _body.AdvanceTo(buffer.Start, buffer.End);
            if (isTooLong || read.IsCompleted)
            {
                throw Malformed(isTooLong ? $"the headers of a part are longer than {MaxHeaderBytes} bytes" : "its parts cannot be told apart");
            }
        }
    }

    private static Dictionary<string, string> ParseHeaders(string text)
    {
        var headers = new Dictionary<string, string>(StringComparer.Ordinal);
        // The first line is what is left of the delimiter's.
        foreach (var line in text.Split("\r\n").Skip(1))
        {
            if (line.IndexOf(':', StringComparison.Ordinal) is var colon and > 0)
            {
                headers[line[..colon].Trim().ToLowerInvariant()] = line[(colon + 1)..].Trim();
            }
        }

        return headers;
    }

    private async ValueTask<ReadResult> ReadAtLeastAsync(int bytes, CancellationToken cancellationToken)
    {
        while (true)
        {
            var read = await ReadBodyAsync(cancellationToken);
            if (read.Buffer.Length >= bytes)
            {
                return read;
            }

            _body.AdvanceTo(read.Buffer.Start, read.Buffer.End);
            if (read.IsCompleted)
            {
                throw Malformed("its parts cannot be told apart");
            }
        }
    }

    private async ValueTask<ReadResult> ReadBodyAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _body.ReadAsync(cancellationToken);
        }
        catch (IOException failure) when (failure is not BadHttpRequestException && !cancellationToken.IsCancellationRequested)
        {
            throw Malformed("it ends in the middle of a part");
        }
    }

    private static bool StartsWith(ReadOnlySequence<byte> buffer, ReadOnlySpan<byte> text)
    {
        Span<byte> start = stackalloc byte[text.Length];
        buffer.Slice(0, text.Length).CopyTo(start);
        return start.SequenceEqual(text);
    }

    /// <summary>How many bytes at the end may be the beginning of a delimiter.</summary>
    private long Undecided(ReadOnlySequence<byte> buffer)
    {
        var length = (int)Math.Min(buffer.Length, _delimiter.Length - 1);
        Span<byte> tail = stackalloc byte[length];
        buffer.Slice(buffer.Length - length).CopyTo(tail);
        for (var start = tail.IndexOf((byte)'\r'); start >= 0 && start < length; start++)
        {
            if (_delimiter.AsSpan().StartsWith(tail[start..]))
            {
                return length - start;
            }
        }

        return 0;
    }

    private static long Find(ReadOnlySequence<byte> buffer, ReadOnlySpan<byte> text)
    {
        var rest = text.Length - 1;
        // The end of what has passed and the beginning of what comes: a text may lie across.
        Span<byte> border = stackalloc byte[2 * text.Length];
        var tail = 0;
        var passed = 0L;
        foreach (var memory in buffer)
        {
            var span = memory.Span;
            var head = Math.Min(span.Length, rest);
            span[..head].CopyTo(border[tail..]);
            if (tail > 0 && border[..(tail + head)].IndexOf(text) is var across and >= 0)
            {
                return passed - tail + across;
            }

            if (span.IndexOf(text) is var at and >= 0)
            {
                return passed + at;
            }

            passed += span.Length;
            if (span.Length >= rest)
            {
                span[^rest..].CopyTo(border);
                tail = rest;
            }
            else
            {
                var kept = Math.Min(tail + span.Length, rest);
                border.Slice(tail + span.Length - kept, kept).CopyTo(border);
                tail = kept;
            }
        }

        return -1;
    }
}
