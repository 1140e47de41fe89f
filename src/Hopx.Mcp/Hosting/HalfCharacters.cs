using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Hopx.Mcp.Hosting;

/// <summary>
/// Mends requests in which JSON spells half of a surrogate pair (<c>\ud800</c> alone). The SDK could not read them and would answer with a bare error;
/// the half becomes a replacement character, as it does wherever text is written as UTF-8.
/// </summary>
internal static class HalfCharacters
{
    private const int EscapeLength = 6;

    public static void Mend(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject values:
                foreach (var (name, value) in values.ToArray())
                {
                    if (Mended(value) is { } mended)
                    {
                        values[name] = mended;
                    }
                }

                break;
            case JsonArray items:
                for (var i = 0; i < items.Count; i++)
                {
                    if (Mended(items[i]) is { } mended)
                    {
                        items[i] = mended;
                    }
                }

                break;
        }
    }

    private static JsonNode? Mended(JsonNode? node)
    {
        if (node is not JsonValue value)
        {
            Mend(node);
            return null;
        }

        if (!value.TryGetValue<JsonElement>(out var element) || element.ValueKind is not JsonValueKind.String)
        {
            return null;
        }

        // Whole characters are hardly ever spelt like this, so nearly every string is only searched, not copied.
        var raw = JsonMarshal.GetRawUtf8Value(element);
        return raw.IndexOf("\\ud"u8) < 0 && raw.IndexOf("\\uD"u8) < 0 ? null : JsonNode.Parse(MendLiteral(Encoding.UTF8.GetString(raw)));
    }

    private static string MendLiteral(string literal)
    {
        var mended = new StringBuilder(literal.Length);
        for (var i = 0; i < literal.Length;)
        {
            var length = literal[i] is not '\\' ? 1 : literal[i + 1] is 'u' ? EscapeLength : 2;
            if (length is EscapeLength && char.IsSurrogate(UnitAt(literal, i)))
            {
                var isPair = char.IsHighSurrogate(UnitAt(literal, i)) && char.IsLowSurrogate(UnitAt(literal, i + EscapeLength));
                length = isPair ? 2 * EscapeLength : EscapeLength;
                mended.Append(isPair ? literal.AsSpan(i, length) : "\\ufffd");
            }
            else
            {
                mended.Append(literal, i, length);
            }

            i += length;
        }

        return mended.ToString();
    }

    private static char UnitAt(string literal, int index) =>
        literal.AsSpan(index).StartsWith("\\u") ? (char)ushort.Parse(literal.AsSpan(index + 2, 4), NumberStyles.HexNumber, CultureInfo.InvariantCulture) : '\0';
}
