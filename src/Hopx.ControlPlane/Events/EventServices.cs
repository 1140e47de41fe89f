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
        AsLog<SandboxEvent>(
            routes.MapGet("/v1/sandboxes/events", (Delegate)SandboxEventRoutes.AllAsync), "streamSandboxEvents", "What happens to the caller's sandboxes; Last-Event-ID goes on where a connection broke off.")
            .TakesQuery("sandbox_id", "Only events of this sandbox.");
        AsLog<SandboxEvent>(routes.MapGet("/v1/sandboxes/{id}/events", (Delegate)SandboxEventRoutes.OneAsync), "streamEventsOfSandbox", "What happens to one sandbox.");
        AsStream<SandboxMetrics>(routes.MapGet("/v1/sandboxes/{id}/metrics/stream", (Delegate)SandboxEventRoutes.MetricsAsync), "streamSandboxMetrics", "What a sandbox uses, second by second.");
        AsLog<TemplateEvent>(routes.MapGet("/v1/templates/stream", (Delegate)SandboxEventRoutes.TemplatesAsync), "streamTemplateEvents", "What happens to templates.");
    }

    /// <summary>A stream of events with ids, behind any of which a reader may go on.</summary>
    private static RouteHandlerBuilder AsLog<T>(RouteHandlerBuilder route, string name, string summary) => AsStream<T>(route, name, summary)
        .TakesHeader("Last-Event-ID", "The last event that the reader knows; what came after it is sent first.")
        .TakesQuery("last_event_id", "The same, for readers that cannot set headers; the header wins.");

    private static RouteHandlerBuilder AsStream<T>(RouteHandlerBuilder route, string name, string summary) =>
        route.WithMetadata(KeyMayBeInQuery.Instance).Describe(name, "Events", summary).Answers<T>(contentType: "text/event-stream").Refuses(400, 401, 404, 429)
            .TakesQuery("token", "The API key, for browsers, whose EventSource sets no headers; X-API-Key and Authorization win.");
}
