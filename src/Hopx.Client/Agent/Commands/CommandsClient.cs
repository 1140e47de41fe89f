using System.Runtime.CompilerServices;

namespace Hopx.Client;

/// <summary>Runs commands in the sandbox.</summary>
public sealed class CommandsClient
{
    // The agent's default, needed here to know how long an answer may take.
    private const double DefaultTimeoutSeconds = 30;

    private readonly AgentHttp _http;
    private readonly HopxClientOptions _options;

    internal CommandsClient(AgentHttp http, HopxClientOptions options)
    {
        _http = http;
        _options = options;
    }

    /// <summary>Runs a command and waits for its end. A command that fails is an answer, not an exception.</summary>
    public async Task<CommandResult> RunAsync(CommandRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return await _http.SendAsync(
            HttpMethod.Post,
            "commands/run",
            request,
            HopxJson.Default.CommandRequest,
            HopxJson.Default.CommandResult,
            RunTime.WithGrace(request.Timeout, DefaultTimeoutSeconds, _options.AnswerGrace),
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Runs one line in the sandbox's shell.</summary>
    public Task<CommandResult> RunAsync(string line, CancellationToken cancellationToken = default) =>
        RunAsync(new CommandRequest { Command = line }, cancellationToken);

    /// <summary>Starts a command that goes on by itself; see <see cref="AgentClient.Jobs"/> for what becomes of it.</summary>
    public Task<BackgroundRun> RunInBackgroundAsync(BackgroundCommandRequest request, CancellationToken cancellationToken = default) => _http.SendAsync(
        HttpMethod.Post,
        "commands/background",
        request,
        HopxJson.Default.BackgroundCommandRequest,
        HopxJson.Default.BackgroundRun,
        _options.RequestTimeout,
        cancellationToken);

    /// <summary>Runs a command and follows it to its end; who stops reading ends it.</summary>
    public async IAsyncEnumerable<RunUpdate> StreamAsync(CommandRequest request, [EnumeratorCancellation] CancellationToken cancellationToken = default)
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

    /// <summary>Starts a command that can be followed and typed into. Disposing the stream ends it.</summary>
    public async Task<FollowedRun<CommandResult>> FollowAsync(CommandRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        var socket = await _http.ConnectAsync("commands/stream", cancellationToken).ConfigureAwait(false);
        try
        {
            await socket.SendAsync(ToMessage(request), HopxJson.Default.CommandStreamRequest, cancellationToken).ConfigureAwait(false);
            return new FollowedRun<CommandResult>(socket, HopxJson.Default.CommandResult);
        }
        catch
        {
            await socket.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    private static CommandStreamRequest ToMessage(CommandRequest request) => new()
    {
        Type = "execute",
        Command = request.Command,
        Args = request.Args,
        Timeout = request.Timeout,
        Workdir = request.Workdir,
        WorkingDir = request.WorkingDir,
        Env = request.Env,
        Interactive = request.Interactive,
        Terminal = request.Terminal,
    };
}
