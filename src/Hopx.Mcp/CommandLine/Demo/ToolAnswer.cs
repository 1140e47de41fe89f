using System.Text.Json;
using ModelContextProtocol.Protocol;

namespace Hopx.Mcp.CommandLine.Demo;

/// <summary>What a tool answered.</summary>
internal sealed record ToolAnswer(CallToolResult Result)
{
    public bool IsError => Result.IsError is true;

    public string Text { get; } = string.Join('\n', Result.Content.OfType<TextContentBlock>().Select(block => block.Text));

    public IReadOnlyList<ImageContentBlock> Images { get; } = [.. Result.Content.OfType<ImageContentBlock>()];

    /// <summary>The sandbox that the call used.</summary>
    public string SandboxId => Fact("sandbox_id");

    /// <summary>A field of the structured content that must be there.</summary>
    public string Fact(string name) => FindFact(name) ?? throw new DemoCheckFailedException($"an answer with {name}", $"'{ShortText.Of(Text, 600)}'");

    public string? FindFact(string name) =>
        Result.StructuredContent is { ValueKind: JsonValueKind.Object } facts && facts.TryGetProperty(name, out var value) && value.ValueKind is not JsonValueKind.Null
            ? value.ValueKind is JsonValueKind.String ? value.GetString() : value.GetRawText()
            : null;
}
