using System.Globalization;
using System.Text.Json;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace Hopx.EndToEnd.Tests.Program;

/// <summary>Calls tools and reads their answers.</summary>
internal static class ToolCalls
{
    /// <param name="client">Who calls.</param>
    /// <param name="tool">Name of the tool.</param>
    /// <param name="arguments">An object whose properties are the arguments.</param>
    public static async Task<CallToolResult> CallAsync(this McpClient client, string tool, object? arguments = null) => await client.CallToolAsync(
        tool,
        arguments as IReadOnlyDictionary<string, object?> ?? arguments?.GetType().GetProperties().ToDictionary(property => property.Name, property => property.GetValue(arguments)),
        cancellationToken: Patience.Token);

    /// <summary>Calls a tool that must succeed.</summary>
    public static async Task<CallToolResult> DoAsync(this McpClient client, string tool, object? arguments = null)
    {
        var result = await client.CallAsync(tool, arguments);
        Assert.False(result.IsError is true, result.Text());
        return result;
    }

    /// <summary>Calls a tool that must refuse, and returns what it says.</summary>
    public static async Task<string> RefuseAsync(this McpClient client, string tool, object? arguments = null)
    {
        var result = await client.CallAsync(tool, arguments);
        Assert.True(result.IsError, result.Text());
        Assert.DoesNotContain("An error occurred", result.Text(), StringComparison.Ordinal);
        return result.Text();
    }

    public static string Text(this CallToolResult result) => string.Join('\n', result.Content.OfType<TextContentBlock>().Select(block => block.Text));

    public static JsonElement Facts(this CallToolResult result) => result.StructuredContent ?? throw new InvalidOperationException($"The answer has no facts: {result.Text()}");

    public static string Fact(this CallToolResult result, string name) =>
        result.StructuredContent is { } facts && facts.TryGetProperty(name, out var value) ? value.ToString() : "";

    public static string SandboxId(this CallToolResult result) => result.Fact("sandbox_id") is { Length: > 0 } id
        ? id
        : throw new InvalidOperationException($"The answer names no sandbox: {result.Text()}");

    public static double Seconds(this CallToolResult result) => double.Parse(result.Fact("seconds"), CultureInfo.InvariantCulture);
}
