using Microsoft.AspNetCore.WebSockets;

namespace Hopx.Agent;

internal static class StreamsSetup
{
    // Keeps what is between us and the client from taking silence for the end.
    private static readonly TimeSpan KeepAlive = TimeSpan.FromSeconds(30);

    public static IServiceCollection AddStreams(this IServiceCollection services) => services
        .AddWebSockets(sockets => sockets.KeepAliveInterval = KeepAlive)
        .AddSingleton<StreamEndpoint>()
        .AddSingleton<RunStreams>();

    public static void MapRunStreams(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/execute/stream", (HttpContext http, RunStreams streams) => streams.ServeCodeAsync(http));
        routes.MapGet("/stream", (HttpContext http, RunStreams streams) => streams.ServeCodeAsync(http));
        routes.MapGet("/stream/ipython", (HttpContext http, RunStreams streams) => streams.ServeNotebookAsync(http));
        routes.MapGet("/commands/stream", (HttpContext http, RunStreams streams) => streams.ServeCommandAsync(http));
    }
}
