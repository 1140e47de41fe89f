using System.Text;

namespace Hopx.Mcp.Tools;

/// <summary>Looks at a stream of bytes through a window of lines: counts all, keeps what is wanted and fits, and notices binary content.</summary>
/// <param name="first">First line that is wanted, from 1.</param>
/// <param name="limit">How many.</param>
/// <param name="budget">Most characters that are kept.</param>
internal sealed class LineWindow(long first, long limit, int budget)
{
    // Invalid text further on than this is shown with replacement characters.
    private const int ProbeBytes = 8192;

    private readonly Decoder _decoder = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: false).GetDecoder();
    private readonly StringBuilder _text = new();
    private readonly StringBuilder _line = new();
    private char[] _chars = [];
    private long _lineNumber = 1;
    private long _seenBytes;
    private bool _isLineOpen;
    private bool _isFull;

    public bool IsBinary { get; private set; }

    public bool IsLineCut { get; private set; }

    public long FirstLine => first;

    /// <summary>Last line that was kept; 0 when none was.</summary>
    public long LastLine { get; private set; }

    public long TotalLines { get; private set; }

    public string Text => _text.ToString();

    public void Add(ReadOnlySpan<byte> bytes)
    {
        if (IsBinary)
        {
            return;
        }

        if (_seenBytes < ProbeBytes && bytes[..(int)Math.Min(bytes.Length, ProbeBytes - _seenBytes)].Contains((byte)0))
        {
            IsBinary = true;
            return;
        }

        Decode(bytes, flush: false);
        _seenBytes += bytes.Length;
    }

    public void Finish()
    {
        if (IsBinary)
        {
            return;
        }

        Decode([], flush: true);
        if (_isLineOpen)
        {
            EndLine("");
        }
    }

    private void Decode(ReadOnlySpan<byte> bytes, bool flush)
    {
        if (_chars.Length < bytes.Length + 4)
        {
            _chars = new char[bytes.Length + 4];
        }

        var count = _decoder.GetChars(bytes, _chars, flush);
        var chars = _chars.AsSpan(0, count);
        if (_seenBytes < ProbeBytes && chars[..Math.Min(count, ProbeBytes)].Contains('\ufffd') && !HasRealReplacement(bytes))
        {
            IsBinary = true;
            return;
        }

        while (!chars.IsEmpty)
        {
            var end = chars.IndexOf('\n');
            Keep(end < 0 ? chars : chars[..end]);
            if (end < 0)
            {
                return;
            }

            EndLine("\n");
            chars = chars[(end + 1)..];
        }
    }

    // The replacement character may stand in a text, too.
    private static bool HasRealReplacement(ReadOnlySpan<byte> bytes) => bytes.IndexOf("\ufffd"u8) >= 0;

    private void Keep(ReadOnlySpan<char> part)
    {
        _isLineOpen = true;
        if (_lineNumber >= first && _lineNumber - first < limit && !_isFull)
        {
            var room = budget - _text.Length - _line.Length;
            _line.Append(part[..Math.Min(part.Length, Math.Max(room + 1, 0))]);
        }
    }

    private void EndLine(string end)
    {
        TotalLines = _lineNumber;
        if (_lineNumber >= first && _lineNumber - first < limit && !_isFull)
        {
            if (_text.Length + _line.Length <= budget)
            {
                _text.Append(_line).Append(end);
                LastLine = _lineNumber;
            }
            else
            {
                _isFull = true;
                if (_text.Length is 0)
                {
                    // Nothing else would ever be shown of it.
                    var line = _line.ToString();
                    _text.Append(line.AsSpan(0, OutputText.SafeCut(line, budget)));
                    LastLine = _lineNumber;
                    IsLineCut = true;
                }
            }
        }

        _line.Clear();
        _lineNumber++;
        _isLineOpen = false;
    }
}
