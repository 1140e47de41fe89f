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
/// starts: some 250 of them in the agent, half of the time until it listens. What is missing here works all the same, only later.
/// </summary>
internal static class ClosedServices
{
    /// <summary>The framework's own options that a program with Kestrel and a console asks for.</summary>
    public static IServiceCollection AddClosedFrameworkOptions(this IServiceCollection services) => services
        .AddClosedOptions<ConsoleFormatterOptions>()
        .AddClosedOptions<ConsoleLoggerOptions>()
        .AddClosedOptions<FormOptions>()
        .AddClosedOptions<HostOptions>()
        .AddClosedOptions<JsonConsoleFormatterOptions>()
        .AddClosedOptions<KestrelServerOptions>()
        .AddClosedOptions<LoggerFactoryOptions>()
        .AddClosedOptions<LoggerFilterOptions>()
        .AddClosedOptions<MetricsOptions>()
        .AddClosedOptions<RouteHandlerOptions>()
        .AddClosedOptions<RouteOptions>()
        .AddClosedOptions<SimpleConsoleFormatterOptions>()
        .AddClosedOptions<SocketTransportOptions>()
        .AddClosedOptions<WebSocketOptions>();

    public static IServiceCollection AddClosedOptions<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] T>(this IServiceCollection services)
        where T : class => services
        .AddSingleton(static provider => new FixedOptions<T>(provider))
        .AddSingleton<IOptions<T>>(static provider => provider.GetRequiredService<FixedOptions<T>>())
        .AddSingleton<IOptionsMonitor<T>>(static provider => provider.GetRequiredService<FixedOptions<T>>());

    public static IServiceCollection AddClosedLogger<T>(this IServiceCollection services) =>
        services.AddSingleton<ILogger<T>>(static provider => new Logger<T>(provider.GetRequiredService<ILoggerFactory>()));
}
