namespace Hopx.Mcp.CommandLine.Demo;

/// <summary>Head and tail of a long text.</summary>
internal static class ShortText
{
    public static string Of(string text, int most)
    {
        var clean = string.Concat(text.Select(character => char.IsControl(character) && character is not ('\n' or '\t') ? '?' : character));
        return clean.Length <= most ? clean : $"{clean[..(most * 2 / 3)]} … {clean[^(most / 3)..]}";
    }
}
