using Hopx.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;

namespace Hopx.ControlPlane.Hosting;

/// <summary>What the description of the API says of a route, next to the route.</summary>
internal static class RouteDescriptions
{
    /// <summary>Name, group and one sentence; every route may answer with an error.</summary>
    public static RouteHandlerBuilder Describe(this RouteHandlerBuilder route, string name, string tag, string summary) =>
        route.WithName(name).WithTags(tag).WithSummary(summary).Produces<ErrorBody>(StatusCodes.Status500InternalServerError, "application/json");

    /// <summary>What it answers with when all is well.</summary>
    public static RouteHandlerBuilder Answers<T>(this RouteHandlerBuilder route, int status = StatusCodes.Status200OK, string contentType = "application/json") =>
        route.Produces<T>(status, contentType);

    /// <summary>The body that it reads by itself. Only told: ASP.NET Core's own word for it would refuse callers who label their JSON as something else, or not at all.</summary>
    public static RouteHandlerBuilder Takes<T>(this RouteHandlerBuilder route) => route.WithMetadata(new TakenBody(typeof(T)));

    /// <summary>A header that it reads by itself.</summary>
    public static RouteHandlerBuilder TakesHeader(this RouteHandlerBuilder route, string name, string description) => route.WithMetadata(new TakenParameter(name, IsHeader: true, description));

    /// <summary>A part of the query that it reads by itself.</summary>
    public static RouteHandlerBuilder TakesQuery(this RouteHandlerBuilder route, string name, string description) => route.WithMetadata(new TakenParameter(name, IsHeader: false, description));

    /// <summary>Errors that are part of its contract.</summary>
    public static RouteHandlerBuilder Refuses(this RouteHandlerBuilder route, params ReadOnlySpan<int> statuses)
    {
        foreach (var status in statuses)
        {
            route.Produces<ErrorBody>(status, "application/json");
        }

        return route;
    }
}
