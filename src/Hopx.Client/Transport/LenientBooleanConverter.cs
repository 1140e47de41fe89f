using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hopx.Client;

/// <summary>Reads whether there is something: true, a number but 0, any text but "false", an object or list that is not empty. Services describe one feature in all these ways.</summary>
public sealed class LenientBooleanConverter : JsonConverter<bool>
{
    public override bool Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        switch (reader.TokenType)
        {
            case JsonTokenType.True:
                return true;
            case JsonTokenType.Number:
                return reader.TryGetDouble(out var number) && number != 0;
            case JsonTokenType.String:
                return reader.GetString() is { Length: > 0 } text && !text.Equals("false", StringComparison.OrdinalIgnoreCase);
            case JsonTokenType.StartObject or JsonTokenType.StartArray:
                using (var document = JsonDocument.ParseValue(ref reader))
                {
                    var root = document.RootElement;
                    return root.ValueKind is JsonValueKind.Array ? root.GetArrayLength() > 0 : root.EnumerateObject().Any();
                }

            default:
                return false;
        }
    }

    public override void Write(Utf8JsonWriter writer, bool value, JsonSerializerOptions options) => writer.WriteBooleanValue(value);
}
