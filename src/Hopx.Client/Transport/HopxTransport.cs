namespace Hopx.Client;

/// <summary>Connections to the control plane or to agents, made at the first call: a server that has only been started should not pay for them.</summary>
internal sealed class HopxTransport : IDisposable
{
    private readonly HttpMessageHandler? _given;
    private readonly Lazy<HttpClient> _http;

    /// <param name="options">Address, key, number of tries.</param>
    /// <param name="time">Clock for waits between tries.</param>
    /// <param name="given">What sends; sockets when null. Disposed with this.</param>
    /// <param name="isControlPlane">Only the control plane gets the key. A refused connection is worth another try there; at an agent it means that the address is stale.</param>
    public HopxTransport(HopxClientOptions options, TimeProvider time, HttpMessageHandler? given, bool isControlPlane)
    {
        _given = given;
        _http = new Lazy<HttpClient>(() => Create(options, time, given, isControlPlane));
    }

    public HttpClient Http => _http.Value;

    public void Dispose()
    {
        if (_http.IsValueCreated)
        {
            // Disposes the whole chain.
            _http.Value.Dispose();
        }
        else
        {
            _given?.Dispose();
        }
    }

    private static HttpClient Create(HopxClientOptions options, TimeProvider time, HttpMessageHandler? handler, bool isControlPlane)
    {
        // No cookies, no redirects: neither belongs to this API, and a redirect would carry the key away.
        handler ??= new SocketsHttpHandler
        {
            UseCookies = false,
            AllowAutoRedirect = false,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            Proxy = new LoopbackBypassingProxy(HttpClient.DefaultProxy),
        };
        if (options.MaxRetries > 0)
        {
            // Disposing the client disposes the whole chain.
#pragma warning disable CA2000
            handler = Retries.Create(options, time, repeatsRefusedConnections: isControlPlane, handler);
#pragma warning restore CA2000
        }

        var http = new HttpClient(handler) { Timeout = Timeout.InfiniteTimeSpan };
        if (isControlPlane)
        {
            http.BaseAddress = options.BaseUrl;
            if (!string.IsNullOrEmpty(options.ApiKey))
            {
                http.DefaultRequestHeaders.Add("X-API-Key", options.ApiKey);
            }
        }

        return http;
    }
}
