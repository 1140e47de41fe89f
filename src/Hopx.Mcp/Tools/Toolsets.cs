using Hopx.Mcp.Hosting;
using Microsoft.Extensions.Options;

namespace Hopx.Mcp.Tools;

/// <summary>The sets in which tools can be chosen.</summary>
internal static class Toolsets
{
    public const string Default = "default";
    public const string Desktop = "desktop";

    /// <summary>Names of the tools in each set.</summary>
    public static readonly IReadOnlyDictionary<string, IReadOnlyList<string>> All = new Dictionary<string, IReadOnlyList<string>>(StringComparer.Ordinal)
    {
        [Default] =
        [
            "sandbox_create", "sandbox_list", "sandbox_control", "sandbox_delete", "run_code", "run_command", "job", "read_file", "write_file", "edit_file", "list_files", "screenshot", "computer",
        ],
        [Desktop] = ["find_on_screen", "read_screen", "windows", "clipboard", "launch", "open_url", "recording", "desktop_view", "desktop_take_over"],
    };
}

/// <summary>Stops the start when a set is asked for that does not exist.</summary>
internal sealed class ToolsetsValidator : IValidateOptions<HopxMcpOptions>
{
    public ValidateOptionsResult Validate(string? name, HopxMcpOptions options)
    {
        var unknown = options.Toolsets.Where(set => !Toolsets.All.ContainsKey(set)).ToArray();
        return unknown is []
            ? ValidateOptionsResult.Success
            : ValidateOptionsResult.Fail($"{nameof(options.Toolsets)}: Unknown toolset '{string.Join("', '", unknown)}'; each must be one of: {string.Join(", ", Toolsets.All.Keys)}.");
    }
}
