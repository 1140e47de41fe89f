using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Hopx.Client;

namespace Hopx.Agent;

/// <summary>Reads JSON bodies as tolerantly as the SDKs need: whatever the content type says, and nothing at all is no error.</summary>
internal static class RequestBody
{
    /// <returns>The body, or null when it is empty or null.</returns>
    public static async Task<T?> ReadAsync<T>(HttpContext http, JsonTypeInfo<T> type)
    {
        if (http.Request.ContentLength == 0)
        {
            return default;
        }

        try
        {
            var first = await http.Request.BodyReader.ReadAtLeastAsync(1, http.RequestAborted);
            if (first.Buffer.IsEmpty && first.IsCompleted)
            {
                return default;
            }

            http.Request.BodyReader.AdvanceTo(first.Buffer.Start);
            return await JsonSerializer.DeserializeAsync(http.Request.BodyReader, type, http.RequestAborted);
        }
        catch (JsonException malformed)
        {
            throw new HopxException(
                HopxErrorCode.InvalidJson,
                $"The request body is not the JSON that {http.Request.Path} expects (at {malformed.Path ?? "$"}, line {malformed.LineNumber + 1}). Correct it and send it again.",
                malformed);
        }
    }
}
