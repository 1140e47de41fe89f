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
        Terminal = new TerminalClient(http);
        Files = new FilesClient(http, options);
        Environment = new EnvironmentClient(http, options);
        Jupyter = new JupyterClient(http);
        Metrics = new MetricsClient(http);
        Cache = new CacheClient(http, options);
        Desktop = new DesktopClient(http, options);
    }

    public ExecutionClient Execution { get; }

    public CommandsClient Commands { get; }

    public JobsClient Jobs { get; }

    public ProcessesClient Processes { get; }

    public TerminalClient Terminal { get; }

    public FilesClient Files { get; }

    public EnvironmentClient Environment { get; }

    public JupyterClient Jupyter { get; }

    public MetricsClient Metrics { get; }

    public CacheClient Cache { get; }
    public DesktopClient Desktop { get; }

    public Task<AgentHealth> GetHealthAsync(CancellationToken cancellationToken = default) =>
        _http.SendAsync(HttpMethod.Get, "health", HopxJson.Default.AgentHealth, cancellationToken);

    public Task<AgentInfo> GetInfoAsync(CancellationToken cancellationToken = default) =>
        _http.SendAsync(HttpMethod.Get, "info", HopxJson.Default.AgentInfo, cancellationToken);

    /// <summary>The sandbox as what runs in it sees it.</summary>
    public Task<SystemFacts> GetSystemAsync(CancellationToken cancellationToken = default) =>
        _http.SendAsync(HttpMethod.Get, "system", HopxJson.Default.SystemFacts, cancellationToken);

    /// <summary>Earlier versions of the agent that are kept.</summary>
    public Task<UpdateBackups> GetUpdateBackupsAsync(CancellationToken cancellationToken = default) =>
        _http.SendAsync(HttpMethod.Get, "update/backups", HopxJson.Default.UpdateBackups, cancellationToken);
}
