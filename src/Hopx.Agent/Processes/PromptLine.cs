using System.Text;

namespace Hopx.Agent;

/// <summary>The last line that a run printed, on whichever stream: most often what it asks.</summary>
internal sealed class PromptLine
{
    private const int MaxBytes = 512;

    private readonly byte[] _line = new byte[MaxBytes];
    private int _length;
    private bool _isComplete;

    public void Append(ReadOnlySpan<byte> bytes)
    {
        // Only the last line matters, and only as much of it as is kept.
        var text = bytes.TrimEnd("\r\n"u8);
        var hasBreak = text.Length < bytes.Length;
        var start = text.LastIndexOfAny((byte)'\n', (byte)'\r');
        if (text.Length > 0)
        {
            if (start >= 0 || _isComplete)
            {
                _length = 0;
            }

            var line = text[(start + 1)..];
            line = line.Length > MaxBytes ? line[^MaxBytes..] : line;
            var kept = Math.Min(_length, MaxBytes - line.Length);
            _line.AsSpan(_length - kept, kept).CopyTo(_line);
            line.CopyTo(_line.AsSpan(kept));
            _length = kept + line.Length;
        }

        _isComplete = hasBreak || (text.Length == 0 && _isComplete);
    }

    /// <summary>It was answered: what comes now is another line, although a pipe does not show the answer.</summary>
    public void Break() => _isComplete = true;

    /// <summary>As text, without the codes that colour it.</summary>
    public string? ToText()
    {
        var text = new StringBuilder(_length);
        var raw = Encoding.UTF8.GetString(_line.AsSpan(0, _length));
        for (var i = 0; i < raw.Length; i++)
        {
            if (raw[i] == '\e')
            {
                i = EndOfSequence(raw, i);
            }
            else if (!char.IsControl(raw[i]) || raw[i] == '\t')
            {
                text.Append(raw[i]);
            }
        }

        return text.Length == 0 ? null : text.ToString();
    }

    private static int EndOfSequence(string text, int escape)
    {
        var at = escape + 1;
        if (at >= text.Length)
        {
            return at;
        }

        if (text[at] == '[')
        {
            do
            {
                at++;
            }
            while (at < text.Length && text[at] is < '@' or > '~');
        }
        else if (text[at] == ']')
        {
            while (at < text.Length && text[at] != '\a')
            {
                at++;
            }
        }

        return at;
    }
}
