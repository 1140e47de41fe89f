using System.Globalization;

namespace Hopx.SemanticKernel;

/// <summary>Text from a sandbox, cut to what a model should be shown.</summary>
internal static class BoundedText
{
    /// <summary>Beginning and end of the text, which is where results and errors stand, with a note of what was cut between them.</summary>
    public static string HeadAndTail(string text, int maxCharacters)
    {
        if (text.Length <= maxCharacters)
        {
            return text;
        }

        var head = maxCharacters / 2;
        var tail = text.Length - (maxCharacters - head);

        // Neither cut may leave half of a surrogate pair.
        head -= char.IsHighSurrogate(text[head - 1]) ? 1 : 0;
        tail += char.IsLowSurrogate(text[tail]) ? 1 : 0;
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{text.AsSpan(0, head)}\n[… {tail - head} of {text.Length} characters cut. Print less, or write to a file and read it in parts …]\n{text.AsSpan(tail)}");
    }
}
