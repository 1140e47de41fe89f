namespace Hopx.Client;

/// <summary>The agent's cache of results, where it has one.</summary>
public sealed class CacheClient
{
    private readonly AgentHttp _http;
    private readonly HopxClientOptions _options;

    internal CacheClient(AgentHttp http, HopxClientOptions options)
    {
        _http = http;
        _options = options;
    }

    public Task<CacheStats> GetStatsAsync(CancellationToken cancellationToken = default) =>
        _http.SendAsync(HttpMethod.Get, "cache/stats", HopxJson.Default.CacheStats, cancellationToken);

    public Task<CacheStatus> GetStatusAsync(CancellationToken cancellationToken = default) =>
        _http.SendAsync(HttpMethod.Get, "cache", HopxJson.Default.CacheStatus, cancellationToken);

    public Task<CacheCleared> ClearAsync(CancellationToken cancellationToken = default) => _http.SendAsync(
        HttpMethod.Post, "cache/clear", content: null, HopxJson.Default.CacheCleared, _options.RequestTimeout, cancellationToken, () => new CacheCleared { Success = true });
}
