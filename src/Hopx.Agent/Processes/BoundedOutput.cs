using System.Globalization;
using System.Text;

namespace Hopx.Agent;

/// <summary>What a process wrote: the beginning and the end are kept, the middle is counted. Safe to read while it grows.</summary>
internal sealed class BoundedOutput(int headBytes, int tailBytes)
{
    private const int FirstSize = 1024;

    private readonly Lock _gate = new();
    private byte[] _head = [];
    private byte[] _tail = [];
    private int _headLength;
    private long _tailTotal;

    /// <summary>Keeps half of the limit from the beginning and half from the end.</summary>
    public static BoundedOutput HeadAndTail(int limitBytes) => new(limitBytes - (limitBytes / 2), limitBytes / 2);

    /// <summary>Keeps the beginning alone.</summary>
    public static BoundedOutput Head(int limitBytes) => new(limitBytes, 0);

    /// <summary>Bytes that are kept from the beginning.</summary>
    public int HeadLimitBytes => headBytes;

    /// <summary>Bytes of the middle that were dropped.</summary>
    public long OmittedBytes
    {
        get
        {
            lock (_gate)
            {
                return Math.Max(0, _tailTotal - tailBytes);
            }
        }
    }

    public void Append(ReadOnlySpan<byte> bytes)
    {
        lock (_gate)
        {
            var toHead = Math.Min(bytes.Length, headBytes - _headLength);
            if (toHead > 0)
            {
                Grow(ref _head, _headLength + toHead, headBytes);
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
            var omitted = Math.Max(0, _tailTotal - tailBytes);
            var head = _head.AsSpan(0, _headLength);
            if (omitted == 0)
            {
                return _tailTotal == 0 ? Encoding.UTF8.GetString(head) : Encoding.UTF8.GetString([.. head, .. _tail.AsSpan(0, (int)_tailTotal)]);
            }

            var start = tailBytes == 0 ? 0 : (int)(_tailTotal % tailBytes);
            byte[] tail = [.. _tail.AsSpan(start, tailBytes - start), .. _tail.AsSpan(0, start)];
            return string.Create(
                CultureInfo.InvariantCulture,
                $"{Encoding.UTF8.GetString(WithoutCutEnd(head))}\n[… {omitted} bytes omitted …]\n{Encoding.UTF8.GetString(WithoutCutStart(tail))}");
        }
    }

    private void AppendToTail(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length > tailBytes)
        {
            _tailTotal += bytes.Length - tailBytes;
            bytes = bytes[^tailBytes..];
        }

        if (tailBytes == 0)
        {
            return;
        }

        Grow(ref _tail, (int)Math.Min(tailBytes, _tailTotal + bytes.Length), tailBytes);
        while (bytes.Length > 0)
        {
            var at = (int)(_tailTotal % tailBytes);
            var count = Math.Min(bytes.Length, tailBytes - at);
            bytes[..count].CopyTo(_tail.AsSpan(at));
            _tailTotal += count;
            bytes = bytes[count..];
        }
    }

    private static void Grow(ref byte[] buffer, int needed, int limit)
    {
        if (buffer.Length < needed)
        {
            Array.Resize(ref buffer, (int)Math.Min(limit, Math.Max(needed, Math.Max(FirstSize, buffer.Length * 2L))));
        }
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
