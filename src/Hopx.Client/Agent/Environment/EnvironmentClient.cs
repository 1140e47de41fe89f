using System.Net.Http.Json;

namespace Hopx.Client;

/// <summary>Environment variables of the sandbox: seen by what is started later, not by what runs already.</summary>
public sealed class EnvironmentClient
{
    private readonly AgentHttp _http;
    private readonly HopxClientOptions _options;

    internal EnvironmentClient(AgentHttp http, HopxClientOptions options)
    {
        _http = http;
        _options = options;
    }

    public async Task<IReadOnlyDictionary<string, string>> GetAllAsync(CancellationToken cancellationToken = default) =>
        (await _http.SendAsync(HttpMethod.Get, "env", HopxJson.Default.EnvironmentVariables, cancellationToken).ConfigureAwait(false)).EnvVars;

    /// <summary>Adds and changes variables; the others stay.</summary>
    public Task<EnvironmentVariables> UpdateAsync(IReadOnlyDictionary<string, string> variables, CancellationToken cancellationToken = default) =>
        SendAsync(HttpMethod.Patch, new EnvironmentUpdate { EnvVars = variables, Merge = true }, cancellationToken);

    /// <summary>Replaces all variables that were set by callers.</summary>
    public Task<EnvironmentVariables> ReplaceAllAsync(IReadOnlyDictionary<string, string> variables, CancellationToken cancellationToken = default) =>
        SendAsync(HttpMethod.Put, new EnvironmentUpdate { EnvVars = variables }, cancellationToken);

    /// <summary>Removes all variables that were set by callers.</summary>
    public Task<EnvironmentVariables> ClearAsync(CancellationToken cancellationToken = default) =>
        ChangeAsync(HttpMethod.Delete, content: null, cancellationToken);

    /// <summary>Removes one variable that was set by callers.</summary>
    public async Task<EnvironmentVariables> RemoveAsync(string name, CancellationToken cancellationToken = default)
    {
        try
        {
            return await ChangeAsync(HttpMethod.Delete, content: null, cancellationToken, $"env/{Uri.EscapeDataString(name)}").ConfigureAwait(false);
        }
        catch (HopxException unknown) when (unknown.StatusCode is 404 or 405 && !unknown.MeansSandboxGone)
        {
            // Not every service has that route. This is what the SDKs do.
            var rest = (await GetAllAsync(cancellationToken).ConfigureAwait(false)).Where(variable => variable.Key != name).ToDictionary();
            return await ReplaceAllAsync(rest, cancellationToken).ConfigureAwait(false);
        }
    }

    private Task<EnvironmentVariables> SendAsync(HttpMethod method, EnvironmentUpdate update, CancellationToken cancellationToken) =>
        ChangeAsync(method, () => JsonContent.Create(update, HopxJson.Default.EnvironmentUpdate), cancellationToken);

    private async Task<EnvironmentVariables> ChangeAsync(HttpMethod method, Func<HttpContent>? content, CancellationToken cancellationToken, string route = "env")
    {
        var answer = await _http.SendAsync(
            method, route, content, HopxJson.Default.EnvironmentVariables, _options.RequestTimeout, cancellationToken, () => new EnvironmentVariables()).ConfigureAwait(false);

        // The documentation promises no content; no sandbox is without variables.
        return answer.EnvVars.Count > 0
            ? answer
            : await _http.SendAsync(HttpMethod.Get, "env", HopxJson.Default.EnvironmentVariables, cancellationToken).ConfigureAwait(false);
    }
}
