using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Hopx.Agent;
using Hopx.Client;

namespace Hopx.Desktop;

/// <summary>What a caller asks: in the body, or in the query where there is no body, since clients disagree about the verb.</summary>
internal static class RouteBody
{
    public static async Task<T?> ReadAsync<T>(HttpContext http, JsonTypeInfo<T> type)
        where T : class =>
        await RequestBody.ReadAsync(http, type) ?? (http.Request.Query.Count > 0 ? FromQuery(http, type) : null);

    private static T? FromQuery<T>(HttpContext http, JsonTypeInfo<T> type)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            foreach (var (name, values) in http.Request.Query)
            {
                var property = type.Properties.FirstOrDefault(property => property.Name == name);
                if (property is not null)
                {
                    json.WritePropertyName(name);
                    Write(json, property.PropertyType, values);
                }
            }

            json.WriteEndObject();
        }

        try
        {
            return JsonSerializer.Deserialize(buffer.ToArray(), type);
        }
        catch (JsonException malformed)
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, $"The query of {http.Request.Path} cannot be read (at {malformed.Path ?? "$"}). Correct it, or send JSON in the body.", malformed);
        }
    }

    private static void Write(Utf8JsonWriter json, Type type, Microsoft.Extensions.Primitives.StringValues values)
    {
        var text = values.ToString();
        if (type == typeof(IReadOnlyList<string>))
        {
            json.WriteStartArray();
            foreach (var value in values)
            {
                json.WriteStringValue(value);
            }

            json.WriteEndArray();
        }
        else if (type != typeof(string) && double.TryParse(text, CultureInfo.InvariantCulture, out var number))
        {
            if (number == Math.Truncate(number) && Math.Abs(number) < long.MaxValue)
            {
                json.WriteNumberValue((long)number);
            }
            else
            {
                json.WriteNumberValue(number);
            }
        }
        else if (type != typeof(string) && bool.TryParse(text, out var flag))
        {
            json.WriteBooleanValue(flag);
        }
        else
        {
            json.WriteStringValue(text);
        }
    }
}
