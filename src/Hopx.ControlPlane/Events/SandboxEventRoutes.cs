using Hopx.ControlPlane.ApiKeys;
using Hopx.ControlPlane.Sandboxes;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;

namespace Hopx.ControlPlane.Events;

/// <summary>The event streams, each from its log or feed to the answer.</summary>
internal static class SandboxEventRoutes
{
    /// <summary>Events of all sandboxes of the caller's organization, or of one of them.</summary>
    public static Task AllAsync(HttpContext context)
    {
        var id = context.Request.Query["sandbox_id"].ToString();
        if (id.Length > 0)
        {
            context.RequestServices.GetRequiredService<SandboxGate>().Find(context.Caller, id);
        }

        return FollowAsync(context, new EventFilter(EventFilter.Sandboxes, context.Caller.OrganizationId, id.Length > 0 ? id : null));
    }

    public static Task OneAsync(HttpContext context)
    {
        var sandbox = context.RequestServices.GetRequiredService<SandboxGate>().Find(context.Caller, IdOf(context));
        return FollowAsync(context, new EventFilter(EventFilter.Sandboxes, context.Caller.OrganizationId, sandbox.Id));
    }

    public static Task TemplatesAsync(HttpContext context)
    {
        context.RequestServices.GetRequiredService<TemplateWatch>().Look();
        return FollowAsync(context, new EventFilter(EventFilter.Templates, context.Caller.OrganizationId));
    }

    public static async Task MetricsAsync(HttpContext context)
    {
        var sandbox = context.RequestServices.GetRequiredService<SandboxGate>().Find(context.Caller, IdOf(context));
        using var reader = context.RequestServices.GetRequiredService<MetricsFeeds>().Open(sandbox.Id);
        await context.RequestServices.GetRequiredService<SseAnswers>().WriteAsync(context, reader.Frames, [], CancellationToken.None);
    }

    private static async Task FollowAsync(HttpContext context, EventFilter filter)
    {
        // Browsers that connect anew send the header; whoever begins with a list may name the place in the query.
        var last = context.Request.Headers["Last-Event-ID"].ToString() is { Length: > 0 } header ? header : context.Request.Query["last_event_id"].ToString();
        using var reader = context.RequestServices.GetRequiredService<EventLog>().Open(filter, last);
        await context.RequestServices.GetRequiredService<SseAnswers>().WriteAsync(context, reader.Frames, reader.Backlog, reader.FellBehind);
    }

    private static string IdOf(HttpContext context) => (string)context.Request.RouteValues["id"]!;
}
