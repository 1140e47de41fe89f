using Hopx.Client;

namespace Hopx.Agent;

/// <summary>A language that code can be written in.</summary>
internal enum Language
{
    Python,
    JavaScript,
    Bash,
    Go,
}

internal static class Languages
{
    /// <param name="name">The language or an alias; Python when empty.</param>
    public static Language Parse(string? name) => name?.Trim().ToLowerInvariant() switch
    {
        null or "" or "python" or "python3" or "py" => Language.Python,
        "javascript" or "js" or "node" or "nodejs" => Language.JavaScript,
        "bash" or "sh" or "shell" => Language.Bash,
        "go" or "golang" => Language.Go,
        _ => throw new HopxException(
            HopxErrorCode.InvalidRequest,
            $"The language '{Shorten(name)}' is unknown. Use python, javascript, bash or go; other programs can be started with /commands/run."),
    };

    public static string WireName(this Language language) => language.ToString().ToLowerInvariant();

    private static string Shorten(string text) => text.Length <= 40 ? text : text[..40] + "…";
}
