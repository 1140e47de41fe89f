using System.Globalization;
using System.Text;

namespace Hopx.Agent;

/// <summary>
/// What a process wrote: the beginning and the end are kept, the middle is counted. Safe to read while it grows. Where memory is shared with
/// others and used up, less is kept.
/// </summary>
internal sealed class BoundedOutput(int headBytes, int tailBytes, OutputMemory? memory = null)
{
    private const int FirstSize = 1024;

    // So much of each end costs nothing of what is shared, so that everybody sees something of what he wrote.
    private const int OwnSize = 16 * 1024;

    private readonly Lock _gate = new();
    private int _headLimit = headBytes;
    private int _tailLimit = tailBytes;
    private long _taken;
    private bool _isReleased;
    private byte[] _head = [];
    private byte[] _tail = [];
    private int _headLength;
    private long _tailTotal;

    /// <summary>Keeps half of the limit from the beginning and half from the end.</summary>
    public static BoundedOutput HeadAndTail(int limitBytes, OutputMemory? memory = null) => new(limitBytes - (limitBytes / 2), limitBytes / 2, memory);

    /// <summary>Keeps the beginning alone.</summary>
    public static BoundedOutput Head(int limitBytes, OutputMemory? memory = null) => new(limitBytes, 0, memory);

    /// <summary>Bytes that are kept from the beginning.</summary>
    public int HeadLimitBytes { get; } = headBytes;

    /// <summary>Bytes of the middle that were dropped.</summary>
    public long OmittedBytes
    {
        get
        {
            lock (_gate)
            {
                return Math.Max(0, _tailTotal - _tailLimit);
            }
        }
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            var toHead = Math.Min(bytes.Length, _headLimit - _headLength);
            if (toHead > 0)
            {
                _headLimit = Grow(ref _head, _headLength + toHead, _headLimit);
                toHead = Math.Min(toHead, _headLimit - _headLength);
                bytes[..toHead].CopyTo(_head.AsSpan(_headLength));
                _headLength += toHead;
                bytes = bytes[toHead..];
            }

            AppendToTail(bytes);
        }
    }

    /// <summary>The beginning, byte for byte.</summary>
    public byte[] ToHeadBytes()
    {
        lock (_gate)
        {
            return _head[.._headLength];
        }
    }

    /// <summary>The text, with a line in place of what was dropped; bytes that are no UTF-8 become replacement characters.</summary>
    public string ToText()
    {
        lock (_gate)
        {
            var omitted = Math.Max(0, _tailTotal - _tailLimit);
            var head = _head.AsSpan(0, _headLength);
            if (omitted == 0)
            {
                return _tailTotal == 0 ? Encoding.UTF8.GetString(head) : Encoding.UTF8.GetString([.. head, .. _tail.AsSpan(0, (int)_tailTotal)]);
            }

            var start = _tailLimit == 0 ? 0 : (int)(_tailTotal % _tailLimit);
            byte[] tail = [.. _tail.AsSpan(start, _tailLimit - start), .. _tail.AsSpan(0, start)];
            return string.Create(
                CultureInfo.InvariantCulture,
                $"{Encoding.UTF8.GetString(WithoutCutEnd(head))}\n[… {omitted} bytes omitted …]\n{Encoding.UTF8.GetString(WithoutCutStart(tail))}");
        }
    }

    /// <summary>Gives back what was shared, once nobody asks for the text any more.</summary>
    public void Release()
    {
        lock (_gate)
        {
            _isReleased = true;
            memory?.Return(_taken);
            _taken = 0;
        }
    }

    private void AppendToTail(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length == 0)
        {
            return;
        }

        // Until it is full for the first time it begins at its start, so it may stop growing at any size.
        _tailLimit = Grow(ref _tail, (int)Math.Min(_tailLimit, _tailTotal + bytes.Length), _tailLimit);
        if (bytes.Length > _tailLimit)
        {
            _tailTotal += bytes.Length - _tailLimit;
            bytes = bytes[^_tailLimit..];
        }

        while (bytes.Length > 0)
        {
            var at = (int)(_tailTotal % _tailLimit);
            var count = Math.Min(bytes.Length, _tailLimit - at);
            bytes[..count].CopyTo(_tail.AsSpan(at));
            _tailTotal += count;
            bytes = bytes[count..];
        }
    }

    /// <returns>The limit from now on: as much as there is when no more is to be had.</returns>
    private int Grow(ref byte[] buffer, int needed, int limit)
    {
        if (buffer.Length >= needed)
        {
            return limit;
        }

        var size = (int)Math.Min(limit, Math.Max(needed, Math.Max(FirstSize, buffer.Length * 2L)));
        var more = Math.Max(size - OwnSize, 0) - Math.Max(buffer.Length - OwnSize, 0);
        if (memory is not null && more > 0)
        {
            if (_isReleased || !memory.TryTake(more))
            {
                size = Math.Max(buffer.Length, Math.Min(limit, OwnSize));
                limit = size;
            }
            else
            {
                _taken += more;
            }
        }

        if (size > buffer.Length)
        {
            Array.Resize(ref buffer, size);
        }

        return limit;
    }

    private static ReadOnlySpan<byte> WithoutCutEnd(ReadOnlySpan<byte> bytes)
    {
        for (var back = 1; back <= Math.Min(3, bytes.Length); back++)
        {
            var lead = bytes[^back];
            if ((lead & 0xC0) != 0x80)
            {
                var needed = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
                return needed > back ? bytes[..^back] : bytes;
            }
        }

        return bytes;
    }

    private static ReadOnlySpan<byte> WithoutCutStart(ReadOnlySpan<byte> bytes)
    {
        var skip = 0;
        while (skip < Math.Min(3, bytes.Length) && (bytes[skip] & 0xC0) == 0x80)
        {
            skip++;
        }

        return bytes[skip..];
    }
}
