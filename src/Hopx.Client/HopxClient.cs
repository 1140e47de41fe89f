namespace Hopx.Client;

/// <summary>The HopX service: sandboxes, templates, and the agent inside each sandbox. Safe for use by many threads.</summary>
public sealed class HopxClient : IDisposable
{
    private readonly HopxTransport _controlPlane;
    private readonly HopxTransport _agents;
    private readonly HopxClientOptions _options;
    private readonly AgentAddressBook _addresses;

    /// <summary>Makes a client. Connections and all that they need come with the first call.</summary>
    /// <param name="options">Where the service is and how patient to be.</param>
    /// <param name="controlPlane">Transport to the control plane; sockets by default. Disposed with the client.</param>
    /// <param name="agents">Transport to the agents; sockets by default. Disposed with the client.</param>
    /// <param name="time">Clock for token lifetimes and for waits between tries; the system's by default.</param>
    public HopxClient(HopxClientOptions options, HttpMessageHandler? controlPlane = null, HttpMessageHandler? agents = null, TimeProvider? time = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        CheckKey(options.ApiKey);
        _options = options;
        time ??= TimeProvider.System;
        _controlPlane = new HopxTransport(options, time, controlPlane, isControlPlane: true);
        _agents = new HopxTransport(options, time, agents, isControlPlane: false);
        Http = new HopxHttp(_controlPlane, options.MaxAnswerBytes);
        Templates = new TemplatesClient(Http, options, time);
        _addresses = new AgentAddressBook(Http, options, time);
        Sandboxes = new SandboxesClient(Http, options, _addresses, time);
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
    private static void CheckKey(string? key)
    {
        if (key is not null && !key.All(character => character is > ' ' and <= '~'))
        {
            throw new HopxException(
                HopxErrorCode.InvalidConfiguration, "The API key holds characters that no key has. Look for a line break, a blank or letters beyond ASCII in it.");
        }
    }
}
