using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Hopx.Client;
using Microsoft.AspNetCore.Http;

namespace Hopx.ControlPlane.Hosting;

/// <summary>Reads request bodies as HopX's clients send them: none at all with a JSON content type, nulls, fields that nobody knows.</summary>
internal static class JsonBody
{
    private const int MaxBytes = 1 << 20;

    /// <summary>The body, or null when there is none.</summary>
    public static async Task<T?> ReadAsync<T>(HttpRequest request, JsonTypeInfo<T> type)
        where T : class
    {
        using var buffer = new MemoryStream();
        var chunk = new byte[8192];
        int read;
        while ((read = await request.Body.ReadAsync(chunk, request.HttpContext.RequestAborted)) > 0)
        {
            if (buffer.Length + read > MaxBytes)
            {
                throw new HopxException(HopxErrorCode.PayloadTooLarge, $"The body is larger than {MaxBytes} bytes, the most that this endpoint takes.");
            }

            buffer.Write(chunk, 0, read);
        }

        if (buffer.Length == 0)
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize(buffer.GetBuffer().AsSpan(0, (int)buffer.Length), type);
        }
        catch (JsonException failure)
        {
            var where = failure.Path is { Length: > 1 } path ? $" at {path}" : "";
            throw new HopxException(HopxErrorCode.InvalidRequest, $"The body is not what {request.Path} takes{where}: {failure.Message}", failure);
        }
    }
}
