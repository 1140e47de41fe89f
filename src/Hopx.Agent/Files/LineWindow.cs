using System.Buffers;
using System.Text;

namespace Hopx.Agent;

/// <summary>Keeps some lines of what passes by, whole ones as long as they fit, and counts all.</summary>
/// <param name="first">First line that is wanted, from 1.</param>
/// <param name="limit">How many.</param>
/// <param name="budget">Most bytes that are kept.</param>
internal sealed class LineWindow(long first, long limit, int budget)
{
    private readonly ArrayBufferWriter<byte> _kept = new();
    private int _wholeBytes;
    private int _lineStart;
    private long _ended;
    private bool _isInLine;

    public long First => first;

    /// <summary>Lines that are kept.</summary>
    public long Count { get; private set; }

    /// <summary>Lines that have passed by; a last one without an end is one too.</summary>
    public long Total => _ended + (_isInLine ? 1 : 0);

    /// <summary>Whether a line that was wanted did not fit.</summary>
    public bool IsFull { get; private set; }

    /// <summary>Whether the first line was longer than everything that may be kept.</summary>
    public bool IsLineCut { get; private set; }

    /// <summary>Whether nothing that comes will be kept.</summary>
    public bool IsComplete => IsFull || _ended - (first - 1) >= limit;

    /// <summary>Whether something has passed by after what is kept.</summary>
    public bool HasMore => IsFull || Total > first - 1 + Count;

    public ReadOnlySpan<byte> Content => _kept.WrittenSpan[.._wholeBytes];

    public void Add(ReadOnlySpan<byte> bytes)
    {
        while (bytes.Length > 0)
        {
            if (_ended < first - 1 || IsComplete)
            {
                bytes = Pass(bytes);
                continue;
            }

            var end = bytes.IndexOf((byte)'\n');
            var line = end < 0 ? bytes : bytes[..(end + 1)];
            Keep(line);
            _isInLine = end < 0;
            _ended += _isInLine ? 0 : 1;
            bytes = bytes[line.Length..];
        }
    }

    // Up to where keeping begins, or all when it is over.
    private ReadOnlySpan<byte> Pass(ReadOnlySpan<byte> bytes)
    {
        if (IsComplete)
        {
            _ended += bytes.Count((byte)'\n');
            _isInLine = bytes[^1] != '\n';
            return [];
        }

        var end = bytes.IndexOf((byte)'\n');
        _isInLine = end < 0;
        _ended += _isInLine ? 0 : 1;
        return end < 0 ? [] : bytes[(end + 1)..];
    }

    private void Keep(ReadOnlySpan<byte> part)
    {
        var isNewLine = !_isInLine;
        if (_kept.WrittenCount + part.Length <= budget)
        {
            _kept.Write(part);
            Count += isNewLine ? 1 : 0;
            _wholeBytes = _kept.WrittenCount;
            if (part[^1] == '\n')
            {
                _lineStart = _wholeBytes;
            }

            return;
        }

        IsFull = true;
        if (_lineStart > 0)
        {
            // What is kept of this line goes: it is the first of the next call.
            Count -= isNewLine ? 0 : 1;
            _wholeBytes = _lineStart;
            return;
        }

        // Nothing else would ever be shown of it.
        _kept.Write(part[..(budget - _kept.WrittenCount)]);
        _wholeBytes = WholeCharacters(_kept.WrittenSpan);
        Count = 1;
        IsLineCut = true;
    }

    private static int WholeCharacters(ReadOnlySpan<byte> text)
    {
        // A character has at most three bytes after its first.
        for (var start = text.Length - 1; start >= 0 && start > text.Length - 5; start--)
        {
            if ((text[start] & 0xc0) != 0x80)
            {
                return Rune.DecodeFromUtf8(text[start..], out _, out var length) is OperationStatus.Done && start + length == text.Length ? text.Length : start;
            }
        }

        return text.Length;
    }
}
