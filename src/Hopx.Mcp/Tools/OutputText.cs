using System.Globalization;
using System.Text;

namespace Hopx.Mcp.Tools;

/// <summary>Makes text from a sandbox fit to be shown: hostile code may print anything.</summary>
internal static class OutputText
{
    private const char Escape = '\u001b';

    /// <summary>What a terminal would leave on the screen: no escape sequences, no control characters, only the last state of an overwritten line.</summary>
    public static string FromTerminal(string text)
    {
        if (IsPlain(text))
        {
            return text;
        }

        var clean = new StringBuilder(text.Length);
        var lineStart = 0;
        for (var i = 0; i < text.Length; i++)
        {
            switch (text[i])
            {
                case Escape:
                    i = SkipSequence(text, i);
                    break;
                case '\r' when i + 1 < text.Length && text[i + 1] is '\r' or '\n':
                    break;
                case '\r':
                    // A progress bar: what follows is written over the line.
                    clean.Length = i + 1 < text.Length ? lineStart : clean.Length;
                    break;
                case '\b':
                    clean.Length = Math.Max(lineStart, clean.Length - 1);
                    break;
                case '\n':
                    clean.Append('\n');
                    lineStart = clean.Length;
                    break;
                default:
                    i += AppendVisible(clean, text, i, dropControls: true);
                    break;
            }
        }

        return clean.ToString();
    }

    /// <summary>The text of a file with every character visible: controls as their pictures, such as ␛.</summary>
    public static string FromFile(string text)
    {
        if (IsPlain(text))
        {
            return text;
        }

        var clean = new StringBuilder(text.Length);
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] is '\n' || (text[i] is '\r' && i + 1 < text.Length && text[i + 1] is '\n'))
            {
                clean.Append(text[i] is '\n' ? "\n" : "");
                continue;
            }

            i += AppendVisible(clean, text, i, dropControls: false);
        }

        return clean.ToString();
    }

    /// <summary>One line: a name, a message.</summary>
    public static string Line(string text, int maxLength = 500)
    {
        var clean = FromFile(text).Replace('\n', ' ').Trim();
        return clean.Length <= maxLength ? clean : clean[..SafeCut(clean, maxLength)] + "…";
    }

    /// <summary>The nearest place at or before an index that does not cut a character in two.</summary>
    public static int SafeCut(string text, int index) =>
        index > 0 && index < text.Length && char.IsLowSurrogate(text[index]) && char.IsHighSurrogate(text[index - 1]) ? index - 1 : index;

    // Nearly all output, so it is worth a look before a copy.
    private static bool IsPlain(string text)
    {
        foreach (var c in text)
        {
            if (c is < ' ' and not '\n' and not '\t' or (>= '\u007f' and <= '\u009f') or '\u061c' or (>= '\u200b' and <= '\u200f')
                or (>= '\u2028' and <= '\u202e') or (>= '\u2060' and <= '\u206f') or '\ufeff' || char.IsSurrogate(c))
            {
                return false;
            }
        }

        return true;
    }

    private static int AppendVisible(StringBuilder clean, string text, int index, bool dropControls)
    {
        if (!Rune.TryGetRuneAt(text, index, out var rune))
        {
            // Half a character: it cannot be written as UTF-8.
            clean.Append('\ufffd');
            return 0;
        }

        var category = Rune.GetUnicodeCategory(rune);
        if (rune.Value is '\t' || category is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator)
            || rune.Value is 0x200d or 0x200c)
        {
            // Joiners belong to emoji and to scripts; everything else that is invisible could hide instructions.
            clean.Append(text, index, rune.Utf16SequenceLength);
        }
        else if (rune.Value < ' ')
        {
            clean.Append(dropControls ? "" : ((char)(0x2400 + rune.Value)).ToString());
        }
        else if (category is not UnicodeCategory.Control || !dropControls)
        {
            clean.Append(CultureInfo.InvariantCulture, $"\\u{{{rune.Value:x}}}");
        }

        return rune.Utf16SequenceLength - 1;
    }

    // ECMA-48: CSI up to its final byte, OSC and other strings up to BEL or ST, else one or two characters.
    private static int SkipSequence(string text, int start)
    {
        var i = start + 1;
        if (i >= text.Length)
        {
            return start;
        }

        switch (text[i])
        {
            case '[':
                do
                {
                    i++;
                }
                while (i < text.Length && text[i] is >= ' ' and <= '?');
                return i < text.Length && text[i] is < '@' or > '~' ? i - 1 : Math.Min(i, text.Length - 1);
            case ']' or 'P' or 'X' or '^' or '_':
                // One that never ends must not swallow the rest.
                const int MaxStringLength = 4096;
                for (var end = i + 1; end < text.Length && end - i < MaxStringLength; end++)
                {
                    if (text[end] is '\a')
                    {
                        return end;
                    }

                    if (text[end] is Escape && end + 1 < text.Length && text[end + 1] is '\\')
                    {
                        return end + 1;
                    }
                }

                return i;
            case >= ' ' and <= '/':
                return Math.Min(i + 1, text.Length - 1);
            default:
                return text[i] is >= '0' and <= '~' ? i : start;
        }
    }
}
