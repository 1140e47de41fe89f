using Microsoft.Extensions.Http.Resilience;
using Polly;

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
        _controlPlane = CreateHttpClient(controlPlane);
        _controlPlane.BaseAddress = options.BaseUrl;
        if (!string.IsNullOrEmpty(options.ApiKey))
        {
            _controlPlane.DefaultRequestHeaders.Add("X-API-Key", options.ApiKey);
        }

        _agents = CreateHttpClient(agents);
        var http = new HopxHttp(_controlPlane);
        Templates = new TemplatesClient(http, options);
        _addresses = new AgentAddressBook(http, options, time ?? TimeProvider.System);
        Sandboxes = new SandboxesClient(http, options, _addresses);
        Http = http;
    }

    public SandboxesClient Sandboxes { get; }

    public TemplatesClient Templates { get; }

    private HopxHttp Http { get; }

    /// <summary>The agent of one sandbox. Costs nothing until it is used.</summary>
    public AgentClient Agent(string sandboxId) => new(new AgentHttp(sandboxId, new HopxHttp(_agents), _addresses, _options), _options);

    public Task<ServiceHealth> GetHealthAsync(CancellationToken cancellationToken = default) =>
        Http.SendAsync(HttpMethod.Get, "/health", HopxJson.Default.ServiceHealth, _options.RequestTimeout, cancellationToken);

    public void Dispose()
    {
        _controlPlane.Dispose();
        _agents.Dispose();
    }

    private HttpClient CreateHttpClient(HttpMessageHandler? transport)
    {
        // No cookies, no redirects: neither belongs to this API, and a redirect would carry the key away.
        transport ??= new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false, ConnectTimeout = TimeSpan.FromSeconds(10) };
        if (_options.MaxRetries > 0)
        {
            // Disposing the client disposes the whole chain.
#pragma warning disable CA2000
            transport = new ResilienceHandler(CreateRetries(_options)) { InnerHandler = transport };
#pragma warning restore CA2000
        }

        return new HttpClient(transport) { Timeout = Timeout.InfiniteTimeSpan, MaxResponseContentBufferSize = _options.MaxAnswerBytes };
    }

    private static ResiliencePipeline<HttpResponseMessage> CreateRetries(HopxClientOptions options)
    {
        var retries = new HttpRetryStrategyOptions
        {
            MaxRetryAttempts = options.MaxRetries,
            Delay = TimeSpan.FromMilliseconds(200),
            BackoffType = DelayBackoffType.Exponential,
            MaxDelay = TimeSpan.FromSeconds(10),
            UseJitter = true,
        };

        // What a transport explains in HopX's own words does not get better by asking again.
        var isTransient = retries.ShouldHandle;
        retries.ShouldHandle = arguments => arguments.Outcome.Exception?.InnerException is HopxException ? ValueTask.FromResult(false) : isTransient(arguments);

        // A repeated create makes a second sandbox, a repeated run runs twice.
        retries.DisableFor(HttpMethod.Post, HttpMethod.Patch);
        return new ResiliencePipelineBuilder<HttpResponseMessage>().AddRetry(retries).Build();
    }
}
