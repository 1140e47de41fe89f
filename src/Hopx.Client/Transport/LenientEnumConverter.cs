using System.Text.Json;
using System.Text.Json.Serialization;

namespace Hopx.Client;

/// <summary>Snake-case names on the wire; a name that is not known yet reads as the first member instead of failing the whole answer.</summary>
public sealed class LenientEnumConverter<TEnum> : JsonConverter<TEnum>
    where TEnum : struct, Enum
{
    private static readonly Dictionary<string, TEnum> ByName =
        Enum.GetValues<TEnum>().ToDictionary(WireName, StringComparer.OrdinalIgnoreCase);

    private static readonly Dictionary<TEnum, string> Names = Enum.GetValues<TEnum>().ToDictionary(value => value, WireName);

    public override TEnum Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType is not JsonTokenType.String)
        {
            reader.Skip();
            return default;
        }

        return ByName.GetValueOrDefault(reader.GetString()!);
    }

    public override void Write(Utf8JsonWriter writer, TEnum value, JsonSerializerOptions options) => writer.WriteStringValue(Names[value]);

    private static string WireName(TEnum value) => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());
}
