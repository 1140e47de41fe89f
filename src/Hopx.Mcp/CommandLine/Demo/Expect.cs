namespace Hopx.Mcp.CommandLine.Demo;

/// <summary>Compares a result with what it must be.</summary>
internal static class Expect
{
    public static void Equal(string expected, string? actual)
    {
        if (expected != actual)
        {
            throw new DemoCheckFailedException(Quote(expected), Quote(actual));
        }
    }

    public static void Contains(string expected, string actual)
    {
        if (!actual.Contains(expected, StringComparison.Ordinal))
        {
            throw new DemoCheckFailedException($"text with {Quote(expected)}", Quote(actual));
        }
    }

    public static void That(bool isTrue, string expected, string? actual)
    {
        if (!isTrue)
        {
            throw new DemoCheckFailedException(expected, Quote(actual));
        }
    }

    private static string Quote(string? text) => text is null ? "nothing" : $"'{ShortText.Of(text, 600)}'";
}
