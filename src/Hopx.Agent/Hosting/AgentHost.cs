using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Options;

namespace Hopx.Agent;

/// <summary>Puts the agent together, for the program and for tests alike.</summary>
internal static class AgentHost
{
    // What is read at most; what is kept of it each route decides.
    private const long MaxBodyBytes = 1024 * 1024 * 1024;
    private const int MaxConnections = 1024;

    // What is read from a file and what is sent may overlap, at a price for a client that does not read.
    private const int MaxResponseBufferBytes = 256 * 1024;

    private static readonly TimeSpan ShutdownTimeout = TimeSpan.FromSeconds(2);

    /// <param name="configure">Adds to the configuration, which otherwise is the <c>HOPX_*</c> variables alone: files in a sandbox are its user's.</param>
    public static WebApplication Create(Action<WebApplicationBuilder>? configure = null)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ApplicationName = "hopx-agent", ContentRootPath = "/" });
        builder.Configuration.AddEnvironmentVariables("HOPX_");
        builder.Logging.AddSimpleConsole(console => console.SingleLine = true).SetMinimumLevel(LogLevel.Warning);
        configure?.Invoke(builder);

        builder.Services.AddSingleton<IValidateOptions<AgentOptions>, AgentOptionsValidator>();
        builder.Services.AddSingleton<IConfigureOptions<AgentOptions>, AgentOptionsSetup>();
        builder.Services.AddOptions<AgentOptions>()
            .Validate(agent => ListenAddress.IsValid(agent.Listen), "HOPX_AGENT_LISTEN must be unix:/path/of.sock or http://address:port with an IP address.")
            .Validate(agent => agent.Workdir.StartsWith('/'), "HOPX_WORKDIR must be an absolute path.")
            .Validate(agent => TokenCheck.CanReadKey(agent.TokenPublicKey), "HOPX_TOKEN_PUBLIC_KEY is no base64 SubjectPublicKeyInfo of a P-256 key.")
            .ValidateOnStart();
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.Configure<HostOptions>(host => host.ShutdownTimeout = ShutdownTimeout);
        AddClosedServices(builder.Services);
        builder.Services.AddRoutingCore();
        builder.Services.AddSingleton<Answers>();
        builder.Services.AddSingleton<LargeBodies>();
        builder.Services.AddAccess();
        builder.Services.AddHealth();
        builder.Services.AddSandboxLifetime();
        builder.Services.AddSandboxEnvironment();
        builder.Services.AddProcesses();
        builder.Services.AddJobs();
        builder.Services.AddExecution();
        builder.Services.AddKernels();
        builder.Services.AddCommands();
        builder.Services.AddFiles();
        builder.Services.AddStreams();
        builder.Services.AddMetricsReport();
        builder.Services.AddTerminal();
        builder.Services.AddDesktop();

        builder.WebHost.UseKestrelCore();
        // A connection to a Unix socket whose queue is full fails at once instead of waiting, so the queue holds as many as may be open.
        builder.Services.Configure<SocketTransportOptions>(sockets => sockets.Backlog = MaxConnections);
        builder.Services.AddSingleton<IMemoryPoolFactory<byte>, TransferMemory>();
        builder.Services.AddOptions<Microsoft.AspNetCore.Server.Kestrel.Core.KestrelServerOptions>().Configure<IOptions<AgentOptions>>((kestrel, agent) =>
        {
            kestrel.AddServerHeader = false;
            kestrel.Limits.MaxRequestBodySize = MaxBodyBytes;
            kestrel.Limits.MaxResponseBufferSize = MaxResponseBufferBytes;
            kestrel.Limits.MaxConcurrentConnections = MaxConnections;
            ListenAddress.Apply(agent.Value.Listen, kestrel);
        });

        var app = builder.Build();
        app.Lifetime.ApplicationStarted.Register(() => ListenAddress.OpenToControlPlane(app.Services.GetRequiredService<IOptions<AgentOptions>>().Value.Listen));
        app.UseMiddleware<RequestMetrics>();
        app.UseMiddleware<Answers>();
        app.UseWebSockets();
        app.UseMiddleware<TokenGate>();
        app.MapHealth();
        app.MapSandboxLifetime();
        app.MapSandboxEnvironment();
        app.MapJobs();
        app.MapExecution();
        app.MapKernels();
        app.MapCommands();
        app.MapRunStreams();
        app.MapTerminal();
        app.MapFiles();
        app.MapMetrics();
        app.MapCache();
        app.MapUpdate();
        app.MapDesktop();
        return app;
    }

    private static void AddClosedServices(IServiceCollection services) => services
        .AddClosedFrameworkOptions()
        .AddClosedOptions<AgentOptions>()
        .AddClosedOptions<CallbackOptions>()
        .AddClosedOptions<DesktopProgramOptions>()
        .AddClosedOptions<ExecutionOptions>()
        .AddClosedOptions<FilesOptions>()
        .AddClosedOptions<JobOptions>()
        .AddClosedOptions<ProcessOptions>()
        .AddClosedOptions<TerminalOptions>()
        .AddClosedLogger<Answers>()
        .AddClosedLogger<CallbackSender>()
        .AddClosedLogger<ChildReaper>()
        .AddClosedLogger<CodeJobs>()
        .AddClosedLogger<DeadlineLoop>()
        .AddClosedLogger<DesktopProgramHost>()
        .AddClosedLogger<GoRunner>()
        .AddClosedLogger<JobRunner>()
        .AddClosedLogger<JobStorage>()
        .AddClosedLogger<MemoryWatchdog>()
        .AddClosedLogger<OutputReader>()
        .AddClosedLogger<ProcessRunner>()
        .AddClosedLogger<PythonKernel>()
        .AddClosedLogger<PythonProcesses>()
        .AddClosedLogger<SpareProcesses>()
        .AddClosedLogger<StreamEndpoint>();
}
