using System.Text;
using System.Text.RegularExpressions;
using Hopx.Client;

namespace Hopx.Agent;

/// <summary>
/// A pattern of names: <c>*</c> and <c>?</c> within a name, <c>**</c> across directories, <c>[a-z]</c>, <c>{a,b}</c>, and <c>\</c> before a character that is meant itself.
/// A pattern with a slash is matched against the path, any other against the name alone.
/// </summary>
internal sealed class Glob
{
    private const int MaxLength = 1000;
    private const int MaxDepth = 8;

    private readonly Regex _regex;

    public Glob(string pattern, bool ignoreCase = false)
    {
        if (pattern.Length > MaxLength)
        {
            throw Refused(pattern, $"it is longer than {MaxLength} characters");
        }

        MatchesPath = pattern.Contains('/', StringComparison.Ordinal);
        var expression = new StringBuilder(@"\A");
        var position = 0;
        Translate(pattern.TrimStart('/'), ref position, expression, depth: 0);
        expression.Append(@"\z");
        // Without backtracking no pattern takes longer than its text is long.
        _regex = new Regex(
            expression.ToString(), RegexOptions.NonBacktracking | RegexOptions.Singleline | RegexOptions.CultureInvariant | (ignoreCase ? RegexOptions.IgnoreCase : RegexOptions.None));
    }

    /// <summary>Whether it is to be given paths, not names.</summary>
    public bool MatchesPath { get; }

    public bool IsMatch(ReadOnlySpan<char> text) => _regex.IsMatch(text);

    private static void Translate(string pattern, ref int position, StringBuilder expression, int depth)
    {
        while (position < pattern.Length)
        {
            var symbol = pattern[position++];
            switch (symbol)
            {
                case '*' when position < pattern.Length && pattern[position] == '*':
                    position++;
                    if (position < pattern.Length && pattern[position] == '/')
                    {
                        position++;
                        expression.Append("(?:.*/)?");
                    }
                    else
                    {
                        expression.Append(".*");
                    }

                    break;
                case '*':
                    expression.Append("[^/]*");
                    break;
                case '?':
                    expression.Append("[^/]");
                    break;
                case '[':
                    AppendClass(pattern, ref position, expression);
                    break;
                case '{':
                    AppendChoices(pattern, ref position, expression, depth);
                    break;
                case ',' or '}' when depth > 0:
                    position--;
                    return;
                case '\\' when position < pattern.Length:
                    expression.Append(Regex.Escape(pattern[position++].ToString()));
                    break;
                default:
                    expression.Append(Regex.Escape(symbol.ToString()));
                    break;
            }
        }
    }

    private static void AppendChoices(string pattern, ref int position, StringBuilder expression, int depth)
    {
        if (depth == MaxDepth)
        {
            throw Refused(pattern, $"it has more than {MaxDepth} braces in each other");
        }

        expression.Append("(?:");
        while (true)
        {
            Translate(pattern, ref position, expression, depth + 1);
            if (position == pattern.Length)
            {
                throw Refused(pattern, "a { has no }");
            }

            if (pattern[position++] == '}')
            {
                expression.Append(')');
                return;
            }

            expression.Append('|');
        }
    }

    private static void AppendClass(string pattern, ref int position, StringBuilder expression)
    {
        var isNegated = position < pattern.Length && pattern[position] is '!' or '^';
        position += isNegated ? 1 : 0;
        var end = position < pattern.Length ? pattern.IndexOf(']', position + 1) : -1;
        if (end < 0)
        {
            throw Refused(pattern, "a [ has no ]");
        }

        expression.Append(isNegated ? "[^/" : "[");
        for (; position < end; position++)
        {
            var symbol = pattern[position];
            var isRange = position + 2 < end && pattern[position + 1] == '-';
            if (isRange && pattern[position + 2] < symbol)
            {
                throw Refused(pattern, $"the range {symbol}-{pattern[position + 2]} is the wrong way round");
            }

            expression.Append(Escape(symbol));
            if (isRange)
            {
                expression.Append('-').Append(Escape(pattern[position + 2]));
                position += 2;
            }
        }

        expression.Append(']');
        position++;
    }

    private static string Escape(char symbol) => $"\\u{(int)symbol:x4}";

    private static HopxException Refused(string pattern, string why) => new(
        HopxErrorCode.InvalidRequest, $"'{(pattern.Length > 100 ? pattern[..100] : pattern)}' is no glob: {why}. Use a pattern such as *.py or src/**/*.{{ts,tsx}}.");
}
