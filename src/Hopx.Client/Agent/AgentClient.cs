namespace Hopx.Client;

/// <summary>The agent inside one sandbox.</summary>
public sealed class AgentClient
{
    private readonly AgentHttp _http;

    internal AgentClient(AgentHttp http, HopxClientOptions options)
    {
        _http = http;
        Execution = new ExecutionClient(http, options);
        Commands = new CommandsClient(http, options);
        Jobs = new JobsClient(http, options);
        Processes = new ProcessesClient(http);
        Files = new FilesClient(http, options);
        Environment = new EnvironmentClient(http, options);
        Jupyter = new JupyterClient(http);
    }

    public ExecutionClient Execution { get; }

    public CommandsClient Commands { get; }

    public JobsClient Jobs { get; }

    public ProcessesClient Processes { get; }

    public FilesClient Files { get; }

    public EnvironmentClient Environment { get; }

    public JupyterClient Jupyter { get; }

    public Task<AgentHealth> GetHealthAsync(CancellationToken cancellationToken = default) =>
        _http.SendAsync(HttpMethod.Get, "health", HopxJson.Default.AgentHealth, cancellationToken);

    public Task<AgentInfo> GetInfoAsync(CancellationToken cancellationToken = default) =>
        _http.SendAsync(HttpMethod.Get, "info", HopxJson.Default.AgentInfo, cancellationToken);
}
