namespace Hopx.Client;

/// <summary>Runs code in the sandbox.</summary>
public sealed class ExecutionClient
{
    // The agent's default, needed here to know how long an answer may take.
    private const double DefaultTimeoutSeconds = 60;

    private readonly AgentHttp _http;
    private readonly HopxClientOptions _options;

    internal ExecutionClient(AgentHttp http, HopxClientOptions options)
    {
        _http = http;
        _options = options;
    }

    /// <summary>Runs code and waits for its end. Code that fails is an answer, not an exception.</summary>
    public async Task<ExecutionResult> RunAsync(ExecuteRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return await _http.SendAsync(
            HttpMethod.Post,
            "execute",
            request,
            HopxJson.Default.ExecuteRequest,
            HopxJson.Default.ExecutionResult,
            RunTime.WithGrace(request.Timeout, DefaultTimeoutSeconds, _options.AnswerGrace),
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Starts code that goes on by itself; see <see cref="AgentClient.Jobs"/> for what becomes of it.</summary>
    public Task<BackgroundRun> RunInBackgroundAsync(BackgroundExecuteRequest request, CancellationToken cancellationToken = default) => _http.SendAsync(
        HttpMethod.Post,
        "execute/background",
        request,
        HopxJson.Default.BackgroundExecuteRequest,
        HopxJson.Default.BackgroundRun,
        _options.RequestTimeout,
        cancellationToken);

    /// <summary>Starts code whose result is posted to an address.</summary>
    public Task<AsyncExecution> RunWithCallbackAsync(AsyncExecuteRequest request, CancellationToken cancellationToken = default) => _http.SendAsync(
        HttpMethod.Post,
        "execute/async",
        request,
        HopxJson.Default.AsyncExecuteRequest,
        HopxJson.Default.AsyncExecution,
        _options.RequestTimeout,
        cancellationToken);
}
