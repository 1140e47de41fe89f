using Hopx.Client;
using Hopx.ControlPlane.ApiKeys;
using Hopx.ControlPlane.Hosting;
using Microsoft.AspNetCore.Builder;
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
        AsStream<SandboxEvent>(
            routes.MapGet("/v1/sandboxes/events", (Delegate)SandboxEventRoutes.AllAsync), "streamSandboxEvents", "What happens to the caller's sandboxes; Last-Event-ID goes on where a connection broke off.");
        AsStream<SandboxEvent>(routes.MapGet("/v1/sandboxes/{id}/events", (Delegate)SandboxEventRoutes.OneAsync), "streamEventsOfSandbox", "What happens to one sandbox.");
        AsStream<SandboxMetrics>(routes.MapGet("/v1/sandboxes/{id}/metrics/stream", (Delegate)SandboxEventRoutes.MetricsAsync), "streamSandboxMetrics", "What a sandbox uses, second by second.");
        AsStream<TemplateEvent>(routes.MapGet("/v1/templates/stream", (Delegate)SandboxEventRoutes.TemplatesAsync), "streamTemplateEvents", "What happens to templates.");
    }

    private static void AsStream<T>(RouteHandlerBuilder route, string name, string summary) =>
        route.WithMetadata(KeyMayBeInQuery.Instance).Describe(name, "Events", summary).Answers<T>(contentType: "text/event-stream").Refuses(400, 401, 404, 429);
}
