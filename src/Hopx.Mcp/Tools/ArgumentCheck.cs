using System.Text.Json;

namespace Hopx.Mcp.Tools;

/// <summary>Compares the arguments of a call with the tool's schema, so that a model is told what to write instead.</summary>
internal static class ArgumentCheck
{
    /// <summary>What is wrong, or null.</summary>
    public static string? FindProblem(string tool, JsonElement schema, IDictionary<string, JsonElement>? arguments)
    {
        var properties = schema.TryGetProperty("properties", out var p) ? p : default;
        var known = properties.ValueKind is JsonValueKind.Object ? properties.EnumerateObject().Select(property => property.Name).ToArray() : [];
        var problems = new List<string>();
        if (arguments?.Keys.Where(name => !known.Contains(name, StringComparer.Ordinal)).Select(name => OutputText.Line(name, 50)).ToArray() is { Length: > 0 } unknown)
        {
            problems.Add($"Unknown argument{(unknown.Length > 1 ? "s" : "")}: {string.Join(", ", unknown)}.");
        }

        if (schema.TryGetProperty("required", out var required)
            && required.EnumerateArray().Select(name => name.GetString()!).Where(name => arguments?.TryGetValue(name, out var value) is not true || value.ValueKind is JsonValueKind.Null).ToArray()
                is { Length: > 0 } missing)
        {
            problems.Add($"Missing required argument{(missing.Length > 1 ? "s" : "")}: {string.Join(", ", missing)}.");
        }

        foreach (var (name, value) in arguments ?? new Dictionary<string, JsonElement>())
        {
            if (value.ValueKind is not JsonValueKind.Null && known.Contains(name, StringComparer.Ordinal) && FindProblem(name, properties.GetProperty(name), value) is { } problem)
            {
                problems.Add(problem);
            }
        }

        return problems is [] ? null : $"{string.Join(' ', problems)} {tool} takes: {string.Join(", ", known.Select(name => Describe(name, properties.GetProperty(name), schema)))}. Correct the arguments and call it again.";
    }

    private static string? FindProblem(string name, JsonElement schema, JsonElement value)
    {
        if (TypesOf(schema) is { Length: > 0 } types && !types.Any(type => Fits(type, value)))
        {
            return $"{name} must be {Article(types)}, but is {Kind(value)}.";
        }

        if (schema.TryGetProperty("enum", out var choices) && value.ValueKind is JsonValueKind.String && !choices.EnumerateArray().Any(choice => choice.ValueEquals(Text(value))))
        {
            return $"{name} is \"{OutputText.Line(Text(value) ?? "", 50)}\"; it must be one of {Choices(choices)}.";
        }

        if (value.ValueKind is JsonValueKind.String && Text(value) is null)
        {
            return $"{name} holds half of a surrogate pair (\\ud800 to \\udfff alone), which is no text.";
        }

        if (value.ValueKind is JsonValueKind.Object && schema.TryGetProperty("additionalProperties", out var inner) && inner.ValueKind is JsonValueKind.Object)
        {
            return value.EnumerateObject().Select(entry => FindProblem($"{name}.{OutputText.Line(entry.Name, 50)}", inner, entry.Value)).FirstOrDefault(problem => problem is not null);
        }

        return null;
    }

    private static string[] TypesOf(JsonElement schema) => !schema.TryGetProperty("type", out var type) ? []
        : type.ValueKind is JsonValueKind.Array ? [.. type.EnumerateArray().Select(t => t.GetString()!)]
        : [type.GetString()!];

    private static bool Fits(string type, JsonElement value) => type switch
    {
        "string" => value.ValueKind is JsonValueKind.String,
        "integer" => value.ValueKind is JsonValueKind.Number && value.TryGetInt32(out _),
        "number" => value.ValueKind is JsonValueKind.Number,
        "boolean" => value.ValueKind is JsonValueKind.True or JsonValueKind.False,
        "object" => value.ValueKind is JsonValueKind.Object,
        "array" => value.ValueKind is JsonValueKind.Array,
        "null" => value.ValueKind is JsonValueKind.Null,
        _ => true,
    };

    private static string Article(string[] types) => string.Join(" or ", types.Where(type => type is not "null").Select(type => type switch
    {
        "string" => "a string",
        "integer" => "a whole number",
        "number" => "a number",
        "boolean" => "true or false",
        "object" => "an object",
        _ => "an " + type,
    }));

    private static string Kind(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => $"the string \"{OutputText.Line(Text(value) ?? "?", 50)}\"",
        JsonValueKind.Number => $"the number {OutputText.Line(value.GetRawText(), 50)}",
        JsonValueKind.Array => "an array",
        JsonValueKind.Object => "an object",
        _ => value.GetRawText(),
    };

    private static string Describe(string name, JsonElement property, JsonElement schema)
    {
        var isRequired = schema.TryGetProperty("required", out var required) && required.EnumerateArray().Any(entry => entry.ValueEquals(name));
        var type = property.TryGetProperty("enum", out var choices) ? Choices(choices) : string.Join(" or ", TypesOf(property).Where(t => t is not "null"));
        return $"{name} ({type}{(isRequired ? ", required" : "")})";
    }

    private static string Choices(JsonElement choices) =>
        string.Join(", ", choices.EnumerateArray().Where(choice => choice.ValueKind is JsonValueKind.String).Select(choice => choice.GetString()));

    // JSON can spell half a surrogate pair; .NET refuses to make text of it.
    private static string? Text(JsonElement value)
    {
        try
        {
            return value.GetString();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
