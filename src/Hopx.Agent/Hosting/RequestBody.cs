using System.Buffers;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;
using Hopx.Client;

namespace Hopx.Agent;

/// <summary>Reads JSON bodies as tolerantly as the SDKs need: whatever the content type says, and nothing at all is no error.</summary>
internal static class RequestBody
{
    private const int MaxBytes = 32 * 1024 * 1024;
    private const int InitialBytes = 4 * 1024;

    /// <returns>The body, or null when it is empty or null.</returns>
    public static async Task<T?> ReadAsync<T>(HttpContext http, JsonTypeInfo<T> type)
    {
        if (http.Request.ContentLength == 0)
        {
            return default;
        }

        await http.RequestServices.GetRequiredService<LargeBodies>().EnterAsync(http, http.Request.ContentLength ?? MaxBytes);
        var body = await ReadAllAsync(http);
        if (body.Length == 0)
        {
            return default;
        }

        // A text that is read later, as a name is, would fail only then.
        if (!Utf8.IsValid(body.Span))
        {
            throw new HopxException(HopxErrorCode.InvalidJson, $"The request body of {http.Request.Path} is not UTF-8. Send JSON in UTF-8.");
        }

        try
        {
            return JsonSerializer.Deserialize(body.Span, type);
        }
        catch (JsonException malformed)
        {
            throw new HopxException(
                HopxErrorCode.InvalidJson,
                $"The request body is not the JSON that {http.Request.Path} expects (at {malformed.Path ?? "$"}, line {malformed.LineNumber + 1}). Correct it and send it again.",
                malformed);
        }
    }

    private static async Task<ReadOnlyMemory<byte>> ReadAllAsync(HttpContext http)
    {
        var kept = new ArrayBufferWriter<byte>(InitialBytes);
        var total = http.Request.ContentLength ?? 0;
        while (await http.Request.Body.ReadAsync(kept.GetMemory(InitialBytes), http.RequestAborted) is var read and > 0)
        {
            total = Math.Max(total, kept.WrittenCount + read);
            if (total <= MaxBytes)
            {
                kept.Advance(read);
            }
        }

        // The rest was read all the same: a client that cannot send to the end never gets to the answer.
        return total <= MaxBytes
            ? kept.WrittenMemory
            : throw new HopxException(
                HopxErrorCode.PayloadTooLarge,
                $"The request body is larger than the {MaxBytes / 1024 / 1024} MiB that {http.Request.Path} takes. Send large data through POST /files/upload, and run large code from a file.");
    }
}
