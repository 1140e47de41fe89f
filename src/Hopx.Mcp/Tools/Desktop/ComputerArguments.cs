using System.Text.Json;
using System.Text.Json.Nodes;

namespace Hopx.Mcp.Tools;

/// <summary>
/// Brings a call of <c>computer</c> that is written the way of OpenAI's tool into the form that its definition shows: models are given one form only, since every
/// argument stands in the context of every conversation.
/// </summary>
internal static class ComputerArguments
{
    public const string Tool = "computer";

    private static readonly HashSet<string> OfTheCall = new(["actions", "picture_id", "sandbox_id", "conversation"], StringComparer.Ordinal);
    private static readonly HashSet<string> OfOtherForms = new(["type", "x", "y", "button", "key", "keys", "path", "scroll_x", "scroll_y"], StringComparer.Ordinal);

    public static void Normalize(IDictionary<string, JsonElement>? arguments)
    {
        if (arguments is null || arguments.ContainsKey("actions"))
        {
            return;
        }

        if (arguments.TryGetValue("action", out var action) && action.ValueKind is JsonValueKind.Object)
        {
            arguments.Remove("action");
            Set(arguments, JsonObject.Create(action)!);
        }
        else if (arguments.Keys.Any(OfOtherForms.Contains))
        {
            var names = arguments.Keys.Where(name => !OfTheCall.Contains(name)).ToArray();
            var step = new JsonObject(names.Select(name => KeyValuePair.Create(name, Node(arguments[name]))));
            foreach (var name in names)
            {
                arguments.Remove(name);
            }

            Set(arguments, step);
        }
    }

    private static JsonNode? Node(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => JsonObject.Create(value),
        JsonValueKind.Array => JsonArray.Create(value),
        JsonValueKind.Null => null,
        _ => JsonValue.Create(value),
    };

    private static void Set(IDictionary<string, JsonElement> arguments, JsonObject step)
    {
        using var actions = JsonDocument.Parse(new JsonArray(step).ToJsonString());
        arguments["actions"] = actions.RootElement.Clone();
    }
}
