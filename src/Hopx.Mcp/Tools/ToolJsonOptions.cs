using System.Text.Json;
using System.Text.Json.Serialization;
using ModelContextProtocol;

namespace Hopx.Mcp.Tools;

/// <summary>Serialization for the SDK: its own types first, then ours; numbers are numbers, so that schemas stay short and errors clear.</summary>
internal static class ToolJsonOptions
{
    public static JsonSerializerOptions Default { get; } = Make();

    private static JsonSerializerOptions Make()
    {
        var options = new JsonSerializerOptions(McpJsonUtilities.DefaultOptions)
        {
            NumberHandling = JsonNumberHandling.Strict,
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        };
        options.TypeInfoResolverChain.Add(ToolJson.Default);
        options.MakeReadOnly();
        return options;
    }
}
