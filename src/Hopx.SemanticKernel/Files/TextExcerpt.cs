using System.Text;
using Hopx.Client;

namespace Hopx.SemanticKernel;

/// <summary>Part of a text file, read no further than needed: a file in a sandbox may be of any size.</summary>
internal static class TextExcerpt
{
    // Enough to come to a late line of a large file, not to follow one without end.
    private const long MaxCharactersSkipped = 256L << 20;

    public static async Task<string> ReadAsync(Stream content, string path, int firstLine, int maxCharacters, CancellationToken cancellationToken)
    {
        using var reader = new StreamReader(content, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true), detectEncodingFromByteOrderMarks: true, leaveOpen: true);
        var text = new StringBuilder();
        var buffer = new char[16 * 1024];
        var line = 1;
        var skipped = 0L;
        try
        {
            int read;
            while ((read = await reader.ReadAsync(buffer, cancellationToken).ConfigureAwait(false)) > 0)
            {
                var chunk = buffer.AsMemory(0, read);
                if (chunk.Span.Contains('\0'))
                {
                    throw NotText(path);
                }

                while (line < firstLine && chunk.Length > 0)
                {
                    var end = chunk.Span.IndexOf('\n') + 1;
                    line += end > 0 ? 1 : 0;
                    skipped += end > 0 ? end : chunk.Length;
                    chunk = end > 0 ? chunk[end..] : default;
                }

                if (skipped > MaxCharactersSkipped)
                {
                    throw new HopxException(HopxErrorCode.PayloadTooLarge, $"Line {firstLine} of '{path}' is too far from its beginning. Use run_command with sed or tail.");
                }

                text.Append(chunk);
                if (text.Length > maxCharacters)
                {
                    return Cut(text, line, maxCharacters);
                }
            }
        }
        catch (DecoderFallbackException)
        {
            throw NotText(path);
        }

        return line < firstLine ? $"[{path} has only {line} lines]"
            : text.Length == 0 && firstLine == 1 ? $"[{path} is empty]"
            : text.ToString();
    }

    private static string Cut(StringBuilder text, int firstLine, int maxCharacters)
    {
        var shown = text.ToString(0, maxCharacters);
        var lastBreak = shown.LastIndexOf('\n');
        if (lastBreak < 0)
        {
            shown = char.IsHighSurrogate(shown[^1]) ? shown[..^1] : shown;
            return $"{shown}\n[cut within line {firstLine}, which is longer than {maxCharacters} characters. Use run_command with cut -c for the rest of it]";
        }

        var whole = shown[..(lastBreak + 1)];
        var next = firstLine + whole.AsSpan().Count('\n');
        return $"{whole}[cut after line {next - 1}; go on with first_line={next}]";
    }

    private static HopxException NotText(string path) =>
        new(HopxErrorCode.InvalidRequest, $"'{path}' is not a text file in UTF-8. Look at it with run_command (file, xxd) or with code.") { Path = path };
}
