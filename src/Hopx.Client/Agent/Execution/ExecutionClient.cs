using System.Runtime.CompilerServices;

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

    /// <summary>Runs code and follows it to its end; who stops reading ends it.</summary>
    public async IAsyncEnumerable<RunUpdate> StreamAsync(ExecuteRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var stream = await FollowAsync(request, cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            await foreach (var update in stream.ReadAllAsync(cancellationToken).ConfigureAwait(false))
            {
                yield return update;
            }
        }
    }

    /// <summary>Starts code that can be followed and typed into. Disposing the stream ends it.</summary>
    public async Task<FollowedRun<ExecutionResult>> FollowAsync(ExecuteRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var socket = await _http.ConnectAsync("execute/stream", cancellationToken).ConfigureAwait(false);
        try
        {
            await socket.SendAsync(ToMessage(request), HopxJson.Default.ExecuteStreamRequest, cancellationToken).ConfigureAwait(false);
            return new FollowedRun<ExecutionResult>(socket, HopxJson.Default.ExecutionResult);
        }
        catch
        {
            await socket.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static ExecuteStreamRequest ToMessage(ExecuteRequest request) => new()
    {
        Type = "execute",
        Code = request.Code,
        Language = request.Language,
        Timeout = request.Timeout,
        Workdir = request.Workdir,
        WorkingDir = request.WorkingDir,
        Env = request.Env,
        Kernel = request.Kernel,
        Clean = request.Clean,
        Interactive = request.Interactive,
    };
}
