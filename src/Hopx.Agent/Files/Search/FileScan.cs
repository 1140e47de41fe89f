using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;
using Hopx.Client;

namespace Hopx.Agent;

/// <summary>Looks through one file after the other with the same buffers, whole lines at a time.</summary>
/// <param name="pattern">What to look for.</param>
/// <param name="context">Lines shown before and after each match.</param>
/// <param name="bounds">Where to end.</param>
internal sealed unsafe class FileScan(LinePattern pattern, int context, SearchBounds bounds) : IDisposable
{
    private const int BufferBytes = 256 * 1024;
    private const int BinaryLookBytes = 8 * 1024;
    private const int MaxLineLength = 500;
    private const int MaxResultLength = 512 * 1024;

    private readonly byte[] _bytes = ArrayPool<byte>.Shared.Rent(BufferBytes);
    private readonly Queue<string> _before = new();
    private char[]? _chars;
    private long _line;
    private int _resultLength;
    private List<string>? _after;

    public List<FileMatch> Matches { get; } = [];

    public long Files { get; private set; }

    public long BinaryFiles { get; private set; }

    /// <param name="descriptor">The file, at its beginning.</param>
    /// <param name="name">Makes its path, when a line matches.</param>
    public void Run(int descriptor, Func<string> name)
    {
        _line = 1;
        _before.Clear();
        _after = null;
        Files++;
        var isFirst = true;
        var kept = 0;
        while (bounds.Continue())
        {
            var read = Read(descriptor, _bytes.AsSpan(kept));
            if (read < 0)
            {
                return;
            }

            var isLast = read == 0;
            var filled = kept + read;
            if (isFirst && _bytes.AsSpan(0, Math.Min(filled, BinaryLookBytes)).Contains((byte)0))
            {
                BinaryFiles++;
                return;
            }

            isFirst = false;
            // Whole lines; of a line that is longer than the buffer, what fits.
            var end = isLast ? filled : _bytes.AsSpan(0, filled).LastIndexOf((byte)'\n') + 1;
            if (end == 0 && filled == _bytes.Length)
            {
                end = filled;
            }

            if (end > 0 && !Scan(_bytes.AsSpan(0, end), name))
            {
                return;
            }

            if (isLast)
            {
                return;
            }

            kept = filled - end;
            _bytes.AsSpan(end, kept).CopyTo(_bytes);
        }
    }

    public void Dispose()
    {
        ArrayPool<byte>.Shared.Return(_bytes);
        if (_chars is not null)
        {
            ArrayPool<char>.Shared.Return(_chars);
        }
    }

    private static int Read(int descriptor, Span<byte> target)
    {
        fixed (byte* pointer = target)
        {
            int read;
            do
            {
                read = (int)Libc.Read(descriptor, pointer, target.Length);
            }
            while (read < 0 && Marshal.GetLastPInvokeError() == Errno.Interrupted);
            return read;
        }
    }

    private bool Scan(ReadOnlySpan<byte> bytes, Func<string> name)
    {
        // Plain text is not even decoded where it does not stand.
        if (pattern.IsPlain && context == 0 && bytes.IndexOf(pattern.Bytes) < 0)
        {
            _line += bytes.Count((byte)'\n');
            return true;
        }

        _chars ??= ArrayPool<char>.Shared.Rent(_bytes.Length);
        ReadOnlySpan<char> lines = _chars.AsSpan(0, Encoding.UTF8.GetChars(bytes, _chars));
        for (var at = 0; at < lines.Length;)
        {
            var candidate = pattern.FindCandidate(lines[at..]) + at;
            if (candidate < at || candidate == lines.Length)
            {
                Pass(lines[at..]);
                return true;
            }

            var start = lines[..candidate].LastIndexOf('\n') + 1;
            var length = lines[start..].IndexOf('\n');
            var line = WithoutEnd(length < 0 ? lines[start..] : lines.Slice(start, length));
            Pass(lines[at..start]);
            var column = pattern.FindInLine(line);
            if (column < 0)
            {
                PassLine(line);
            }
            else if (!Keep(line, column, name))
            {
                return false;
            }

            _line += length < 0 ? 0 : 1;
            at = length < 0 ? lines.Length : start + length + 1;
        }

        return true;
    }

    private bool Keep(ReadOnlySpan<char> line, int column, Func<string> name)
    {
        if (!bounds.TryTake())
        {
            return false;
        }

        var before = context > 0 ? _before.ToArray() : null;
        PassLine(line);
        var match = new FileMatch
        {
            Path = name(),
            Line = _line,
            Column = column + 1,
            Text = Shorten(line, column),
            Before = before,
            After = context > 0 ? _after = [] : null,
        };
        Matches.Add(match);
        _resultLength += match.Text.Length + match.Path.Length + (before?.Sum(other => other.Length) ?? 0);
        if (_resultLength > MaxResultLength)
        {
            bounds.MeetSize();
            return false;
        }

        return true;
    }

    // Lines that do not match count, and may be shown around one that does.
    private void Pass(ReadOnlySpan<char> lines)
    {
        _line += lines.Count('\n');
        if (context == 0)
        {
            return;
        }

        while (_after is { } after && after.Count < context && lines.Length > 0)
        {
            var end = lines.IndexOf('\n');
            PassLine(WithoutEnd(end < 0 ? lines : lines[..end]));
            lines = end < 0 ? [] : lines[(end + 1)..];
        }

        // Of the rest only the last few can be needed.
        var start = lines.Length;
        for (var i = 0; i < context && start > 0; i++)
        {
            start = lines[..(start - 1)].LastIndexOf('\n') + 1;
        }

        for (lines = lines[start..]; lines.Length > 0;)
        {
            var end = lines.IndexOf('\n');
            PassLine(WithoutEnd(end < 0 ? lines : lines[..end]));
            lines = end < 0 ? [] : lines[(end + 1)..];
        }
    }

    private void PassLine(ReadOnlySpan<char> line)
    {
        if (context == 0)
        {
            return;
        }

        var text = Shorten(line, 0);
        if (_after is not null && _after.Count < context)
        {
            _after.Add(text);
            _resultLength += text.Length;
        }

        _before.Enqueue(text);
        if (_before.Count > context)
        {
            _before.Dequeue();
        }
    }

    private static ReadOnlySpan<char> WithoutEnd(ReadOnlySpan<char> line) => line.EndsWith('\r') ? line[..^1] : line;

    private static string Shorten(ReadOnlySpan<char> line, int column)
    {
        if (line.Length <= MaxLineLength)
        {
            return line.ToString();
        }

        var start = Math.Clamp(column - (MaxLineLength / 4), 0, line.Length - MaxLineLength);
        return $"{(start > 0 ? "…" : "")}{line.Slice(start, MaxLineLength)}{(start + MaxLineLength < line.Length ? "…" : "")}";
    }
}
