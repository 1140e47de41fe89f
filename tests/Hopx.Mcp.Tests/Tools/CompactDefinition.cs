using System.Text.Json;
using System.Text.Json.Nodes;
using ModelContextProtocol.Protocol;

namespace Hopx.Mcp.Tests.Tools;

/// <summary>Takes out of generated definitions what tells a model nothing: every tool stands in the context of every conversation.</summary>
internal static class CompactDefinition
{
    public static Tool Of(Tool tool)
    {
        tool.InputSchema = Compact(tool.InputSchema);
        tool.OutputSchema = tool.OutputSchema is { } output ? Compact(output) : null;

        // The same title stands beside the name.
        tool.Annotations?.Title = null;
        return tool;
    }

    private static JsonElement Compact(JsonElement schema)
    {
        var node = JsonObject.Create(schema)!;
        Compact(node);
        using var document = JsonDocument.Parse(node.ToJsonString());
        return document.RootElement.Clone();
    }

    // An optional value is left out, not sent as null; the server takes both.
    private static void Compact(JsonObject schema)
    {
        if (schema["type"] is JsonArray types && types.Select(type => type?.GetValue<string>()).Where(type => type is not "null").ToArray() is [{ } single])
        {
            schema["type"] = single;
        }

        if (schema.TryGetPropertyValue("default", out var value) && value is null)
        {
            schema.Remove("default");
        }

        // The values speak for themselves, and clients do not check formats.
        schema.Remove("format");
        foreach (var (keyword, inner) in schema)
        {
            // Below this keyword are names of ours, which may read like keywords.
            foreach (var nested in keyword is "properties" ? inner!.AsObject().Select(property => property.Value) : [inner])
            {
                if (nested is JsonObject subschema)
                {
                    Compact(subschema);
                }
            }
        }
    }
}
