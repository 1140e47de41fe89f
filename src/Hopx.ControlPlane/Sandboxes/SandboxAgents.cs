using System.Collections.Concurrent;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using Hopx.Client;
using Hopx.ControlPlane.ApiKeys;
using Hopx.ControlPlane.Runtime;

namespace Hopx.ControlPlane.Sandboxes;

/// <summary>HTTP to the agent of each sandbox over its socket, and the few calls that the control plane itself makes.</summary>
internal sealed class SandboxAgents(ISandboxRuntime runtime, AgentTokens tokens, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(5);
    private const int MostMetrics = 256 * 1024;

    private readonly ConcurrentDictionary<string, HttpMessageInvoker> _invokers = new(StringComparer.Ordinal);

    /// <summary>The transport to one agent. Connections are kept for the next request.</summary>
    public HttpMessageInvoker InvokerFor(SandboxRecord sandbox) => _invokers.GetOrAdd(
        sandbox.Id, static (_, way) => new HttpMessageInvoker(way.runtime.CreateTransport(way.Handle!)), (runtime, sandbox.Handle));

    /// <summary>Closes the connections to a sandbox that is gone, stopped or restarted.</summary>
    public void Disconnect(string sandboxId)
    {
        if (_invokers.TryRemove(sandboxId, out var invoker))
        {
            invoker.Dispose();
        }
    }

    public Task SetDeadlineAsync(SandboxRecord sandbox, DateTimeOffset? deadline, CancellationToken cancellationToken) =>
        SendAsync(
            sandbox, HttpMethod.Put, "control/deadline", JsonContent.Create(new DeadlineRequest { Deadline = deadline }, HopxJson.Default.DeadlineRequest), cancellationToken);

    public Task SetEnvironmentAsync(SandboxRecord sandbox, IReadOnlyDictionary<string, string> variables, CancellationToken cancellationToken) =>
        SendAsync(
            sandbox,
            HttpMethod.Patch,
            "env",
            JsonContent.Create(new EnvironmentUpdate { EnvVars = variables, Merge = true }, HopxJson.Default.EnvironmentUpdate),
            cancellationToken);

    public void Dispose()
    {
        foreach (var sandboxId in _invokers.Keys)
        {
            Disconnect(sandboxId);
        }
    }

    /// <summary>What the agent counts; null when it does not answer, or does not count.</summary>
    public async Task<SandboxMetrics?> ReadMetricsAsync(SandboxRecord sandbox, CancellationToken cancellationToken)
    {
        try
        {
            return await SendAsync(sandbox, HttpMethod.Get, "metrics/snapshot", content: null, ReadMetricsAsync, cancellationToken);
        }
        catch (HopxException)
        {
            return null;
        }
    }

    private static async Task<SandboxMetrics?> ReadMetricsAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        await response.Content.LoadIntoBufferAsync(MostMetrics, cancellationToken);
        try
        {
            return await response.Content.ReadFromJsonAsync(HopxJson.Default.SandboxMetrics, cancellationToken);
        }
        catch (System.Text.Json.JsonException)
        {
            return null;
        }
    }

    private Task<bool> SendAsync(SandboxRecord sandbox, HttpMethod method, string path, HttpContent content, CancellationToken cancellationToken) =>
        SendAsync(sandbox, method, path, content, static (_, _) => Task.FromResult(true), cancellationToken);

    private async Task<T> SendAsync<T>(
        SandboxRecord sandbox, HttpMethod method, string path, HttpContent? content, Func<HttpResponseMessage, CancellationToken, Task<T>> read, CancellationToken cancellationToken)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        patience.CancelAfter(CallTimeout);
        using var request = new HttpRequestMessage(method, new Uri("http://agent/" + path)) { Content = content };
        request.Headers.Authorization = new AuthenticationHeaderValue(
            "Bearer", tokens.Create(sandbox.Id, sandbox.OrganizationId, time.GetUtcNow() + TimeSpan.FromMinutes(1), scope: "control"));
        try
        {
            using var response = await InvokerFor(sandbox).SendAsync(request, patience.Token);
            return response.IsSuccessStatusCode
                ? await read(response, patience.Token)
                : throw new HopxException(
                    response.StatusCode is System.Net.HttpStatusCode.BadRequest ? HopxErrorCode.InvalidRequest : HopxErrorCode.SandboxStopped,
                    $"The agent of sandbox '{sandbox.Id}' refused {method} /{path}: {await ReadStartAsync(response, patience.Token)}");
        }
        catch (Exception failure) when (failure is HttpRequestException or IOException or OperationCanceledException && !cancellationToken.IsCancellationRequested)
        {
            // A 5xx would make the SDKs ask again and again.
            throw new HopxException(
                HopxErrorCode.SandboxStopped, $"The agent of sandbox '{sandbox.Id}' does not answer: {failure.Message} Stop the sandbox and start it again, or delete it.", failure);
        }
    }

    // The agent may have been taken over: what it says is shown, but never in full length.
    private static async Task<string> ReadStartAsync(HttpResponseMessage response, CancellationToken cancellationToken)
    {
        var buffer = new byte[512];
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        return System.Text.Encoding.UTF8.GetString(buffer, 0, await body.ReadAtLeastAsync(buffer, buffer.Length, throwOnEndOfStream: false, cancellationToken));
    }
}
