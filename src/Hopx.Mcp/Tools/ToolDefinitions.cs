using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;

namespace Hopx.Mcp.Tools;

/// <summary>The definitions in <c>Tools/Definitions</c>, one file for each tool: what models read. A test holds them against the code.</summary>
internal static class ToolDefinitions
{
    public static Tool Read(string name)
    {
        using var file = typeof(ToolDefinitions).Assembly.GetManifestResourceStream($"tools/{name}.json")
            ?? throw new InvalidOperationException($"The tool '{name}' has no definition. Run the tests of tool definitions with HOPX_UPDATE_SNAPSHOTS=1 to write it.");
        return JsonSerializer.Deserialize(file, (JsonTypeInfo<Tool>)McpJsonUtilities.DefaultOptions.GetTypeInfo(typeof(Tool)))!;
    }
}
