using System.Text.Json;

namespace Hopx.Client;

/// <summary>Reads every dialect in which HopX tells of an error: <c>error</c> as text or as an object, code and message at the top or inside.</summary>
internal static class HopxErrorReader
{
    private const int MaxBodyBytes = 64 * 1024;

    public static async Task<HopxException> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var status = (int)response.StatusCode;
        var body = await ReadStartAsync(response, cancellationToken).ConfigureAwait(false);
        var (message, code, path, requestId) = Parse(body);
        var known = HopxErrorCodeExtensions.FromWire(code);
        return new HopxException(
            known is HopxErrorCode.Unknown ? HopxErrorCodeExtensions.FromStatus(status) : known,
            message ?? $"{response.RequestMessage?.Method} {response.RequestMessage?.RequestUri?.AbsolutePath} was answered with status {status}.")
        {
            StatusCode = status,
            Path = path,
            RequestId = requestId ?? (response.Headers.TryGetValues("X-Request-ID", out var ids) ? ids.FirstOrDefault() : null),
            RetryAfter = response.Headers.RetryAfter?.Delta,
        };
    }

    private static async Task<byte[]> ReadStartAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var buffer = new byte[MaxBodyBytes];
        var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            var read = await stream.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken).ConfigureAwait(false);
            return buffer[..read];
        }
    }

    private static (string? Message, string? Code, string? Path, string? RequestId) Parse(byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            var root = document.RootElement;
            if (root.ValueKind is not JsonValueKind.Object)
            {
                return default;
            }

            var error = root.TryGetProperty("error", out var found) ? found : default;
            var inner = error.ValueKind is JsonValueKind.Object ? error : root;
            return (
                Text(root, "message") ?? Text(inner, "message") ?? (error.ValueKind is JsonValueKind.String ? error.GetString() : null),
                Text(root, "code") ?? Text(inner, "code"),
                Text(root, "path"),
                Text(root, "request_id") ?? Text(inner, "request_id"));
        }
        catch (JsonException)
        {
            return default;
        }
    }

    private static string? Text(JsonElement element, string name) =>
        element.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() : null;
}
