namespace Hopx.Client;

/// <summary>The sandbox's Python kernels.</summary>
public sealed class JupyterClient
{
    private readonly AgentHttp _http;

    internal JupyterClient(AgentHttp http) => _http = http;

    /// <summary>The kernels that there are.</summary>
    public Task<KernelSessions> ListAsync(CancellationToken cancellationToken = default) =>
        _http.SendAsync(HttpMethod.Get, "jupyter/sessions", HopxJson.Default.KernelSessions, cancellationToken);
}
