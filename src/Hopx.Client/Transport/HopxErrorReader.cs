using System.Text.Json;

namespace Hopx.Client;

/// <summary>Reads every dialect in which HopX tells of an error: <c>error</c> as text or as an object, code and message at the top or inside.</summary>
internal static class HopxErrorReader
{
    private const int MaxBodyBytes = 64 * 1024;
    private const int MaxMessageLength = 2000;

    public static async Task<HopxException> ReadAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var status = (int)response.StatusCode;
        var told = Parse(await ReadStartAsync(response, cancellationToken).ConfigureAwait(false));
        var known = HopxErrorCodeExtensions.FromWire(told.Code);
        return new HopxException(
            known is HopxErrorCode.Unknown ? HopxErrorCodeExtensions.FromStatus(status) : known,
            told.Message is { } message
                ? Shorten(WithoutSecrets(message, response.RequestMessage))
                : $"{response.RequestMessage?.Method} {response.RequestMessage?.RequestUri?.AbsolutePath} was answered with status {status}.")
        {
            StatusCode = status,
            Path = told.Path,
            RequestId = told.RequestId ?? (response.Headers.TryGetValues("X-Request-ID", out var ids) ? ids.FirstOrDefault() : null),
            RetryAfter = RetryAfter(response) ?? told.RetryAfter,
        };
    }

    /// <summary>The wait that the header asks for; a date counts from the time that the same answer names.</summary>
    public static TimeSpan? RetryAfter(HttpResponseMessage response) => response.Headers.RetryAfter switch
    {
        { Delta: { } delta } => delta,
        { Date: { } date } when response.Headers.Date is { } now && date > now => date - now,
        _ => null,
    };

    private static async Task<ReadOnlyMemory<byte>> ReadStartAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var buffer = new byte[MaxBodyBytes];
        var read = 0;
        try
        {
            var stream = await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
            await using (stream.ConfigureAwait(false))
            {
                int chunk;
                while (read < buffer.Length && (chunk = await stream.ReadAsync(buffer.AsMemory(read), cancellationToken).ConfigureAwait(false)) > 0)
                {
                    read += chunk;
                }
            }
        }
        catch (Exception failure) when (failure is IOException or HttpRequestException)
        {
            // The connection broke: the status is known all the same, and says more than the break.
        }

        return buffer.AsMemory(0, read);
    }

    private static Told Parse(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            var root = document.RootElement;
            var error = Property(root, "error");
            var inner = error.ValueKind is JsonValueKind.Object ? error : root;
            var details = Property(inner, "details");
            return new Told(
                Text(root, "message") ?? Text(inner, "message") ?? Text(root, "error"),
                Text(root, "code") ?? Text(inner, "code"),
                Text(root, "path") ?? Text(details, "path"),
                Text(root, "request_id") ?? Text(inner, "request_id"),
                Seconds(root, "retry_after") ?? Seconds(details, "retry_after_seconds"));
        }
        catch (JsonException)
        {
            return default;
        }
    }

    private static JsonElement Property(JsonElement element, string name) =>
        element.ValueKind is JsonValueKind.Object && element.TryGetProperty(name, out var value) ? value : default;

    private static string? Text(JsonElement element, string name)
    {
        try
        {
            return Property(element, name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            // Bytes or escapes that are no Unicode text: the document is only checked for its form.
            return null;
        }
    }

    private static TimeSpan? Seconds(JsonElement element, string name) =>
        Property(element, name) is { ValueKind: JsonValueKind.Number } value && value.TryGetInt32(out var seconds) && seconds >= 0
            ? TimeSpan.FromSeconds(seconds)
            : null;

    // What was sent in confidence may come back in the text, and the text goes to logs and models.
    private static string WithoutSecrets(string message, HttpRequestMessage? request)
    {
        var keys = request is not null && request.Headers.TryGetValues("X-API-Key", out var values) ? values : [];
        foreach (var secret in keys.Append(request?.Headers.Authorization?.Parameter))
        {
            message = string.IsNullOrEmpty(secret) ? message : message.Replace(secret, "***", StringComparison.Ordinal);
        }

        return message;
    }

    private static string Shorten(string message) => message.Length <= MaxMessageLength ? message : message[..MaxMessageLength] + "…";

    private readonly record struct Told(string? Message, string? Code, string? Path, string? RequestId, TimeSpan? RetryAfter);
}
