namespace Hopx.Client;

/// <summary>All processes of the sandbox, whoever started them.</summary>
public sealed class ProcessesClient
{
    private readonly AgentHttp _http;

    internal ProcessesClient(AgentHttp http) => _http = http;

    public async Task<IReadOnlyList<ProcessInfo>> ListAsync(int? maxResults = null, CancellationToken cancellationToken = default) => (await _http.SendAsync(
        HttpMethod.Get,
        QueryString.Append("processes", ("max_results", QueryString.Number(maxResults))),
        HopxJson.Default.ProcessList,
        cancellationToken).ConfigureAwait(false)).Processes;

    /// <summary>Kills a process with all that came from it.</summary>
    /// <param name="id">Its number, or the identifier of a job.</param>
    /// <param name="cancellationToken">The caller's patience.</param>
    public Task<KillResult> KillAsync(string id, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        return _http.SendAsync(
            HttpMethod.Post, $"execute/kill/{Uri.EscapeDataString(id)}", content: null, HopxJson.Default.KillResult, TimeSpan.FromSeconds(30), cancellationToken);
    }
}
