using System.Text.Json;
using System.Text.Json.Serialization;
using ModelContextProtocol;

namespace Hopx.Mcp.Tools;

/// <summary>Serialization of what tools take and give.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(SandboxFacts))]
[JsonSerializable(typeof(SandboxListFacts))]
[JsonSerializable(typeof(RunFacts))]
[JsonSerializable(typeof(FileFacts))]
[JsonSerializable(typeof(WrittenFacts))]
[JsonSerializable(typeof(DirectoryFacts))]
[JsonSerializable(typeof(SandboxAction))]
[JsonSerializable(typeof(ContentEncoding))]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(int))]
[JsonSerializable(typeof(int?))]
[JsonSerializable(typeof(bool))]
[JsonSerializable(typeof(Dictionary<string, string>))]
internal sealed partial class ToolJson : JsonSerializerContext
{
    /// <summary>For the SDK: its own types first, then ours; numbers are numbers, so that schemas stay short and errors clear.</summary>
    public static JsonSerializerOptions ForTools { get; } = Make();

    private static JsonSerializerOptions Make()
    {
        var options = new JsonSerializerOptions(McpJsonUtilities.DefaultOptions)
        {
            NumberHandling = JsonNumberHandling.Strict,
            PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        };
        options.TypeInfoResolverChain.Add(Default);
        options.MakeReadOnly();
        return options;
    }
}
