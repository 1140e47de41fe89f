using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hopx.Client;

/// <summary>MIME type → text. Content that is JSON itself is kept as its text, so that a single odd output does not cost the whole answer.</summary>
public sealed class RichDataConverter : JsonConverter<IReadOnlyDictionary<string, string>>
{
    public override IReadOnlyDictionary<string, string> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        using var document = JsonDocument.ParseValue(ref reader);
        var data = new Dictionary<string, string>(StringComparer.Ordinal);
        if (document.RootElement.ValueKind is JsonValueKind.Object)
        {
            foreach (var content in document.RootElement.EnumerateObject())
            {
                if (content.Value.ValueKind is not JsonValueKind.Null)
                {
                    data[content.Name] = content.Value.ValueKind is JsonValueKind.String ? content.Value.GetString()! : content.Value.GetRawText();
                }
            }
        }

        return data;
    }

    public override void Write(Utf8JsonWriter writer, IReadOnlyDictionary<string, string> value, JsonSerializerOptions options)
    {
        writer.WriteStartObject();
        foreach (var (type, content) in value)
        {
            writer.WriteString(type, content);
        }

        writer.WriteEndObject();
    }
}
