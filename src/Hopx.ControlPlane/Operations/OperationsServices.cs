using Hopx.Client;
using Hopx.ControlPlane.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Hopx.ControlPlane.Operations;

/// <summary>Services and routes for those who run a server. None of the routes needs a key, and none tells what a stranger should not know.</summary>
internal static class OperationsServices
{
    public static IServiceCollection AddOperations(this IServiceCollection services) => services
        .AddSingleton<ControlPlaneTelemetry>()
        .AddSingleton<Readiness>();

    public static void MapOperations(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/health", (TimeProvider time) => JsonAnswer.Of(
            new ServiceHealth { Status = "healthy", Version = typeof(ControlPlaneHosting).Assembly.GetName().Version?.ToString(3), Timestamp = time.GetUtcNow() },
            HopxJson.Default.ServiceHealth))
            .Describe("getHealth", "Health", "Whether the server answers.").Answers<ServiceHealth>();
        routes.MapGet("/ready", async (Readiness readiness, HttpContext context) =>
        {
            var found = await readiness.CheckAsync(context.RequestAborted);
            return JsonAnswer.Of(found, ReadinessJson.Default.ServiceReadiness, found.Status is "ready" ? StatusCodes.Status200OK : StatusCodes.Status503ServiceUnavailable);
        })
            .Describe("getReadiness", "Health", "Whether the server can do its work now: for load balancers, which stop sending to one that cannot.")
            .Answers<ServiceReadiness>().Answers<ServiceReadiness>(StatusCodes.Status503ServiceUnavailable);
        routes.MapGet("/openapi/v1.json", () => TypedResults.Bytes(OpenApiDocument.Read(), "application/json")).ExcludeFromDescription();
    }
}
