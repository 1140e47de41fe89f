namespace Hopx.Client;

/// <summary>What the agent counts.</summary>
public sealed class MetricsClient
{
    // What a snapshot in Prometheus' words may have; a sandbox may send anything.
    private const int MaxTextBytes = 4 * 1024 * 1024;

    private readonly AgentHttp _http;

    internal MetricsClient(AgentHttp http) => _http = http;

    public Task<MetricsSnapshot> GetAsync(CancellationToken cancellationToken = default) =>
        _http.SendAsync(HttpMethod.Get, "metrics/snapshot", HopxJson.Default.MetricsSnapshot, cancellationToken);

    /// <summary>The same in Prometheus' text format.</summary>
    public async Task<string> GetPrometheusAsync(CancellationToken cancellationToken = default)
    {
        using var response = await _http.OpenAsync("metrics/prometheus", cancellationToken).ConfigureAwait(false);
        try
        {
            await response.Content.LoadIntoBufferAsync(MaxTextBytes, cancellationToken).ConfigureAwait(false);
            return await response.Content.ReadAsStringAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (HttpRequestException failure)
        {
            throw new HopxException(HopxErrorCode.Unreachable, $"The metrics could not be read: {failure.Message} Try again.", failure);
        }
    }
}
