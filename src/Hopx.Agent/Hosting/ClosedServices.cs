using System.Diagnostics.CodeAnalysis;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Diagnostics.Metrics;
using Microsoft.Extensions.Logging.Console;
using Microsoft.Extensions.Options;

namespace Hopx.Agent;

/// <summary>
/// Options and loggers by their own types. The framework registers them for any type, so a native program has to put each of those types together when it
/// starts: some 250 of them, a third of the time until a sandbox answers. What is missing here works all the same, only later.
/// </summary>
internal static class ClosedServices
{
    public static void AddClosedServices(this IServiceCollection services)
    {
        services.AddClosedOptions<AgentOptions>();
        services.AddClosedOptions<CallbackOptions>();
        services.AddClosedOptions<DesktopProgramOptions>();
        services.AddClosedOptions<ExecutionOptions>();
        services.AddClosedOptions<FilesOptions>();
        services.AddClosedOptions<JobOptions>();
        services.AddClosedOptions<ProcessOptions>();
        services.AddClosedOptions<TerminalOptions>();

        services.AddClosedOptions<ConsoleFormatterOptions>();
        services.AddClosedOptions<ConsoleLoggerOptions>();
        services.AddClosedOptions<FormOptions>();
        services.AddClosedOptions<HostOptions>();
        services.AddClosedOptions<JsonConsoleFormatterOptions>();
        services.AddClosedOptions<KestrelServerOptions>();
        services.AddClosedOptions<LoggerFactoryOptions>();
        services.AddClosedOptions<LoggerFilterOptions>();
        services.AddClosedOptions<MetricsOptions>();
        services.AddClosedOptions<RouteHandlerOptions>();
        services.AddClosedOptions<RouteOptions>();
        services.AddClosedOptions<SimpleConsoleFormatterOptions>();
        services.AddClosedOptions<SocketTransportOptions>();
        services.AddClosedOptions<WebSocketOptions>();

        services.AddClosedLogger<ChildReaper>();
        services.AddClosedLogger<DeadlineLoop>();
        services.AddClosedLogger<DesktopProgramHost>();
        services.AddClosedLogger<MemoryWatchdog>();
        services.AddClosedLogger<OutputReader>();
        services.AddClosedLogger<PythonKernel>();
        services.AddClosedLogger<PythonProcesses>();
        services.AddClosedLogger<SpareProcesses>();
    }

    private static void AddClosedOptions<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] T>(this IServiceCollection services)
        where T : class
    {
        services.AddSingleton(static provider => new FixedOptions<T>(provider));
        services.AddSingleton<IOptions<T>>(static provider => provider.GetRequiredService<FixedOptions<T>>());
        services.AddSingleton<IOptionsMonitor<T>>(static provider => provider.GetRequiredService<FixedOptions<T>>());
    }

    private static void AddClosedLogger<T>(this IServiceCollection services) =>
        services.AddSingleton<ILogger<T>>(static provider => new Logger<T>(provider.GetRequiredService<ILoggerFactory>()));
}
