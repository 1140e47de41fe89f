using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using ModelContextProtocol.Protocol;

namespace Hopx.Mcp.Tools;

/// <summary>Puts results together. Text and structured content say the same: some clients show one, some the other.</summary>
internal static class Results
{
    public static CallToolResult Of<T>(string text, T facts, JsonTypeInfo<T> type) => new()
    {
        Content = [new TextContentBlock { Text = text }],
        StructuredContent = JsonSerializer.SerializeToElement(facts, type),
    };

    /// <summary>A result with pictures carries no structured content: several clients would drop the pictures.</summary>
    public static CallToolResult WithPictures(string text, IEnumerable<ImageContentBlock> pictures) => new()
    {
        Content = [new TextContentBlock { Text = text }, .. pictures],
    };

    public static CallToolResult Error(string text) => new() { IsError = true, Content = [new TextContentBlock { Text = text }] };
}
