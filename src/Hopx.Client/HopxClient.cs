namespace Hopx.Client;

/// <summary>The HopX service: sandboxes, templates, and the agent inside each sandbox. Safe for use by many threads.</summary>
public sealed class HopxClient : IDisposable
{
    private readonly HttpClient _controlPlane;
    private readonly HttpClient _agents;
    private readonly HopxClientOptions _options;
    private readonly AgentAddressBook _addresses;

    /// <summary>Makes a client.</summary>
    /// <param name="options">Where the service is and how patient to be.</param>
    /// <param name="controlPlane">Transport to the control plane; sockets by default. Disposed with the client.</param>
    /// <param name="agents">Transport to the agents; sockets by default. Disposed with the client.</param>
    /// <param name="time">Clock for token lifetimes; the system's by default.</param>
    public HopxClient(HopxClientOptions options, HttpMessageHandler? controlPlane = null, HttpMessageHandler? agents = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        _options = options;
        time ??= TimeProvider.System;
        _controlPlane = CreateHttpClient(controlPlane, time, repeatsRefusedConnections: true);
        _controlPlane.BaseAddress = options.BaseUrl;
        if (!string.IsNullOrEmpty(options.ApiKey))
        {
            _controlPlane.DefaultRequestHeaders.Add("X-API-Key", CheckKey(options.ApiKey));
        }

        _agents = CreateHttpClient(agents, time, repeatsRefusedConnections: false);
        var http = new HopxHttp(_controlPlane, options.MaxAnswerBytes);
        Templates = new TemplatesClient(http, options);
        _addresses = new AgentAddressBook(http, options, time);
        Sandboxes = new SandboxesClient(http, options, _addresses);
        Http = http;
    }

    public SandboxesClient Sandboxes { get; }

    public TemplatesClient Templates { get; }

    private HopxHttp Http { get; }

    /// <summary>The agent of one sandbox. Costs nothing until it is used.</summary>
    public AgentClient Agent(string sandboxId) => new(new AgentHttp(sandboxId, new HopxHttp(_agents, _options.MaxAnswerBytes), _addresses, _options), _options);

    public Task<ServiceHealth> GetHealthAsync(CancellationToken cancellationToken = default) =>
        Http.SendAsync(HttpMethod.Get, "/health", HopxJson.Default.ServiceHealth, _options.RequestTimeout, cancellationToken);

    public void Dispose()
    {
        _controlPlane.Dispose();
        _agents.Dispose();
    }

    // Checked here, since the framework's own message would repeat the key.
    private static string CheckKey(string key) => key.All(character => character is > ' ' and <= '~')
        ? key
        : throw new HopxException(
            HopxErrorCode.InvalidConfiguration, "The API key holds characters that no key has. Look for a line break, a blank or letters beyond ASCII in it.");

    private HttpClient CreateHttpClient(HttpMessageHandler? transport, TimeProvider time, bool repeatsRefusedConnections)
    {
        // No cookies, no redirects: neither belongs to this API, and a redirect would carry the key away.
        transport ??= new SocketsHttpHandler
        {
            UseCookies = false,
            AllowAutoRedirect = false,
            ConnectTimeout = TimeSpan.FromSeconds(10),
            Proxy = new LoopbackBypassingProxy(HttpClient.DefaultProxy),
        };
        if (_options.MaxRetries > 0)
        {
            // Disposing the client disposes the whole chain.
#pragma warning disable CA2000
            transport = Retries.Create(_options, time, repeatsRefusedConnections, transport);
#pragma warning restore CA2000
        }

        return new HttpClient(transport) { Timeout = Timeout.InfiniteTimeSpan };
    }
}
