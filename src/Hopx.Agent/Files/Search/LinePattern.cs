using System.Buffers;
using System.Text;
using System.Text.RegularExpressions;
using Hopx.Client;

namespace Hopx.Agent;

/// <summary>What a line must hold. Plain text is looked for among the bytes; a regular expression never takes longer than its text is long.</summary>
internal sealed class LinePattern
{
    private const int MaxLength = 2000;

    private static readonly SearchValues<char> Meta = SearchValues.Create(@"\*+?|{[()^$.#");

    private readonly byte[]? _bytes;
    private readonly string? _plain;
    private readonly Regex? _regex;
    private readonly Regex? _lineRegex;

    public LinePattern(SearchFilesRequest request)
    {
        var pattern = request.Pattern;
        if (string.IsNullOrEmpty(pattern))
        {
            throw new HopxException(HopxErrorCode.MissingParameter, "'pattern' is missing. Send a regular expression, or plain text and literal=true.");
        }

        if (pattern.Length > MaxLength || pattern.AsSpan().ContainsAny('\n', '\r', '\0'))
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, $"'pattern' must be one line of at most {MaxLength} characters: lines are matched one by one.");
        }

        var isPlain = request.Literal is true || !pattern.AsSpan().ContainsAny(Meta);
        if (isPlain && request.IgnoreCase is not true)
        {
            _plain = pattern;
            _bytes = Encoding.UTF8.GetBytes(pattern);
            return;
        }

        try
        {
            var options = RegexOptions.NonBacktracking | RegexOptions.CultureInvariant | (request.IgnoreCase is true ? RegexOptions.IgnoreCase : RegexOptions.None);
            var expression = request.Literal is true ? Regex.Escape(pattern) : pattern;
            _regex = new Regex(expression, options | RegexOptions.Multiline);
            _lineRegex = new Regex(expression, options);
        }
        catch (Exception malformed) when (malformed is ArgumentException or NotSupportedException)
        {
            throw new HopxException(
                HopxErrorCode.InvalidRequest, $"'pattern' cannot be used: {malformed.Message} Lookaround and back references are not supported; set literal=true for plain text.", malformed);
        }
    }

    /// <summary>The plain text, when that is all that is looked for.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    public bool IsPlain => _bytes is not null;

    /// <summary>Where in a piece of text a line that matches may begin to do so; -1 when none does.</summary>
    public int FindCandidate(ReadOnlySpan<char> text) => _regex is null ? text.IndexOf(_plain, StringComparison.Ordinal) : First(_regex, text);

    /// <summary>Where in a line the match begins; -1 when there is none.</summary>
    public int FindInLine(ReadOnlySpan<char> line) => _lineRegex is null ? line.IndexOf(_plain, StringComparison.Ordinal) : First(_lineRegex, line);

    private static int First(Regex regex, ReadOnlySpan<char> text)
    {
        foreach (var match in regex.EnumerateMatches(text))
        {
            return match.Index;
        }

        return -1;
    }
}
