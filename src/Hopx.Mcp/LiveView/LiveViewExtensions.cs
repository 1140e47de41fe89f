namespace Hopx.Mcp.LiveView;

/// <summary>Adds the live view to a host and maps it.</summary>
internal static class LiveViewExtensions
{
    public static IServiceCollection AddLiveView(this IServiceCollection services) => services
        .AddSingleton<LiveTickets>()
        .AddSingleton<LiveSessions>()
        .AddSingleton<LiveRoutes>()
        .AddSingleton<LiveListener>()
        .AddSingleton<LiveLinks>();

    /// <param name="app">The host; requests have been guarded against other names and origins.</param>
    /// <param name="routes">Those of this host, or of another that shares them.</param>
    public static void UseLiveView(this WebApplication app, LiveRoutes? routes = null)
    {
        app.UseWhen(http => http.Request.Path.StartsWithSegments(LiveRoutes.Path), live => live.UseWebSockets());
        (routes ?? app.Services.GetRequiredService<LiveRoutes>()).Map(app);
    }
}
