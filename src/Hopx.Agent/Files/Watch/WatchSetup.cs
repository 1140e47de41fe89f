namespace Hopx.Agent;

internal static class WatchSetup
{
    public static IServiceCollection AddWatch(this IServiceCollection services) => services.AddSingleton<WatchBudget>().AddSingleton<WatchEndpoint>();

    public static void MapWatch(this IEndpointRouteBuilder routes) =>
        routes.MapGet("/files/watch", (HttpContext http, WatchEndpoint watch, StreamEndpoint streams) => streams.ServeAsync(http, watch.TalkAsync));
}
