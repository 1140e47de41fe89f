using Hopx.Client;

namespace Hopx.Mcp.Tools;

/// <summary>Languages of <c>run_code</c> under all their names.</summary>
internal static class CodeLanguage
{
    /// <summary>The name that the agent knows.</summary>
    public static string Parse(string language) => language.Trim().ToLowerInvariant() switch
    {
        "python" or "python3" or "py" => "python",
        "javascript" or "js" or "node" or "nodejs" => "javascript",
        "bash" or "sh" or "shell" => "bash",
        "go" or "golang" => "go",
        _ => throw new HopxException(
            HopxErrorCode.InvalidRequest, $"Language '{OutputText.Line(language, 50)}' is not known. Use python, javascript, bash or go; for another one, run its interpreter with run_command."),
    };
}
