using Hopx.Client;
using Hopx.ControlPlane.Hosting;

namespace Hopx.Mcp.CommandLine.Settings;

/// <summary>The HopX service that the settings choose. Nothing starts and nothing is sent before a client is used.</summary>
internal sealed class HopxService : IAsyncDisposable
{
    private readonly HopxSettings _settings;
    private readonly EmbeddedControlPlane? _embedded;

    /// <param name="settings">What to connect to.</param>
    /// <param name="logging">How an embedded control plane logs.</param>
    public HopxService(HopxSettings settings, Action<ILoggingBuilder> logging)
    {
        _settings = settings;
        // Read in any case, so that a bad setting stops the start and not the first call.
        settings.Client();
        _embedded = settings.Service is ServiceKind.Embedded ? new EmbeddedControlPlane(settings.ControlPlane(), logging) : null;
    }

    /// <summary>A client for one caller.</summary>
    /// <param name="apiKey">The caller's own key; without one the caller is the user who runs this program.</param>
    public HopxClient CreateClient(string? apiKey = null)
    {
        var options = _settings.Client();
        options.ApiKey = apiKey ?? options.ApiKey;
        if (_embedded is null)
        {
            return new HopxClient(options);
        }

        // The transport leads to the control socket; the name only has to be one of loopback.
        options.BaseUrl = new Uri("http://localhost");
        return new HopxClient(options, _embedded.CreateTransport());
    }

    public ValueTask DisposeAsync() => _embedded?.DisposeAsync() ?? default;
}
