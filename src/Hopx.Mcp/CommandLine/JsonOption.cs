using System.CommandLine;

namespace Hopx.Mcp.CommandLine;

/// <summary><c>--json</c>, the same on every command that lists something.</summary>
internal static class JsonOption
{
    public static Option<bool> Create() => new("--json") { Description = "Print JSON, for programs." };
}
