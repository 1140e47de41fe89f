using Hopx.Client;

namespace Hopx.Agent;

/// <summary>The routes by which an agent would replace itself. This one comes with its server and cannot be changed from inside, so they are refused; under both names.</summary>
internal static class UpdateSetup
{
    public static void MapUpdate(this IEndpointRouteBuilder routes)
    {
        foreach (var prefix in new[] { "/update", "/agent/update" })
        {
            routes.MapGet($"{prefix}/backups", (HttpContext http) =>
                TypedResults.Json(new UpdateBackups { Backups = [], RequestId = http.TraceIdentifier }, HopxJson.Default.UpdateBackups));
            foreach (var step in new[] { "upload", "apply", "restart" })
            {
                routes.MapPost($"{prefix}/{step}", static Task (HttpContext _) => throw new HopxException(
                    HopxErrorCode.ServiceUnavailable, "This agent does not update itself: it comes with the server. Update the server, then start the sandbox anew."));
            }
        }
    }
}
