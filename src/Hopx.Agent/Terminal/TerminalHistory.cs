namespace Hopx.Agent;

/// <summary>The last bytes that a terminal showed.</summary>
internal sealed class TerminalHistory(int limitBytes)
{
    private byte[] _ring = [];
    private long _total;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        if (limitBytes == 0)
        {
            return;
        }

        if (_ring.Length < limitBytes && _total + bytes.Length > _ring.Length)
        {
            Array.Resize(ref _ring, (int)Math.Min(limitBytes, Math.Max(4096, 2 * (_total + bytes.Length))));
        }

        _total += Math.Max(0, bytes.Length - limitBytes);
        bytes = bytes[Math.Max(0, bytes.Length - limitBytes)..];
        while (bytes.Length > 0)
        {
            var at = (int)(_total % _ring.Length);
            var count = Math.Min(bytes.Length, _ring.Length - at);
            bytes[..count].CopyTo(_ring.AsSpan(at));
            _total += count;
            bytes = bytes[count..];
        }
    }

    /// <summary>From the first whole line on, when the beginning is gone.</summary>
    public byte[] ToBytes()
    {
        if (_total <= _ring.Length)
        {
            return _ring[..(int)_total];
        }

        var start = (int)(_total % _ring.Length);
        byte[] all = [.. _ring.AsSpan(start), .. _ring.AsSpan(0, start)];
        return all[(Array.IndexOf(all, (byte)'\n') + 1)..];
    }
}
