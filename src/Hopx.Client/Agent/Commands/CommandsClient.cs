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
}
