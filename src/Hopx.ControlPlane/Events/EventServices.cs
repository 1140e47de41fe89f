using Hopx.ControlPlane.ApiKeys;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Hopx.ControlPlane.Events;

/// <summary>Services and routes of event streams.</summary>
internal static class EventServices
{
    public static IServiceCollection AddEvents(this IServiceCollection services) => services
        .AddSingleton<EventLog>()
        .AddSingleton<SseAnswers>()
        .AddSingleton<MetricsFeeds>()
        .AddSingleton<TemplateWatch>()
        .AddHostedService<TemplateWatchLoop>();

    public static void MapEvents(this IEndpointRouteBuilder routes)
    {
        MapStream(routes, "/v1/sandboxes/events", static context => SandboxEventRoutes.AllAsync(context));
        MapStream(routes, "/v1/sandboxes/{id}/events", static context => SandboxEventRoutes.OneAsync(context));
        MapStream(routes, "/v1/sandboxes/{id}/metrics/stream", static context => SandboxEventRoutes.MetricsAsync(context));
        MapStream(routes, "/v1/templates/stream", static context => SandboxEventRoutes.TemplatesAsync(context));
    }

    private static void MapStream(IEndpointRouteBuilder routes, string path, RequestDelegate write) =>
        routes.MapGet(path, write).WithMetadata(KeyMayBeInQuery.Instance);
}
