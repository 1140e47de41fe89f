using Hopx.Client;

namespace Hopx.Agent;

/// <summary>Whom to tell what came of a run. No record: it would print its secret.</summary>
internal sealed class Callback
{
    private const int MaxUrlLength = 2048;
    private const int MaxHeaders = 64;
    private const int MaxHeaderLength = 8 * 1024;

    // What the request itself decides; X-HOPX-* as well.
    private static readonly HashSet<string> OwnHeaders = new(StringComparer.OrdinalIgnoreCase)
    {
        "Content-Type", "Content-Length", "Content-Encoding", "Transfer-Encoding", "Host", "Connection", "Expect", "Upgrade", "TE", "Trailer", "Proxy-Authorization", "Proxy-Connection",
    };

    private Callback(Uri url, IReadOnlyDictionary<string, string> headers, string? secret)
    {
        Url = url;
        Headers = headers;
        Secret = secret;
    }

    public Uri Url { get; }

    /// <summary>The caller's headers, without those that are not the caller's to set.</summary>
    public IReadOnlyDictionary<string, string> Headers { get; }

    public string? Secret { get; }

    public static Callback From(AsyncExecuteRequest? request)
    {
        if (string.IsNullOrEmpty(request?.CallbackUrl))
        {
            throw new HopxException(HopxErrorCode.MissingParameter, "'callback_url' is missing. Send the address that the result is to be posted to.");
        }

        if (request.CallbackUrl.Length > MaxUrlLength
            || !Uri.TryCreate(request.CallbackUrl, UriKind.Absolute, out var url)
            || (url.Scheme != Uri.UriSchemeHttp && url.Scheme != Uri.UriSchemeHttps))
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, $"'callback_url' must be an http or https address of at most {MaxUrlLength} characters.");
        }

        return new Callback(url, Check(request.CallbackHeaders ?? new Dictionary<string, string>()), string.IsNullOrEmpty(request.CallbackSignatureSecret) ? null : request.CallbackSignatureSecret);
    }

    private static Dictionary<string, string> Check(IReadOnlyDictionary<string, string> headers)
    {
        using var probe = new HttpRequestMessage { Content = new ByteArrayContent([]) };
        var kept = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);
        if (headers.Count > MaxHeaders)
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, $"{headers.Count} callback headers are too many; at most {MaxHeaders} can be set.");
        }

        foreach (var (name, value) in headers)
        {
            if (OwnHeaders.Contains(name) || name.StartsWith("X-HOPX-", StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            // The value may be a secret, so only the name is told.
            if (value is null || value.Length > MaxHeaderLength || value.Any(char.IsControl) || !Takes(probe, name, value))
            {
                throw new HopxException(HopxErrorCode.InvalidRequest, $"The callback header '{(name.Length <= 80 ? name : name[..80] + "…")}' cannot be sent: its name or its value is no HTTP header's.");
            }

            kept[name] = value;
        }

        return kept;
    }

    private static bool Takes(HttpRequestMessage request, string name, string value) =>
        value.All(char.IsAscii) && (request.Headers.TryAddWithoutValidation(name, value) || request.Content!.Headers.TryAddWithoutValidation(name, value));
}
