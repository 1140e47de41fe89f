using Hopx.Client;
using Microsoft.Extensions.Options;

namespace Hopx.Agent;

/// <summary>
/// The routes of a cache of results, for clients that ask for it. There is none: the same code may give another result each time, so every run is run.
/// </summary>
internal static class CacheSetup
{
    private const string Explanation = "Nothing is cached: every run is run.";

    public static void MapCache(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/cache", (IOptions<AgentOptions> options, TimeProvider time) => TypedResults.Json(
            new CacheStatus
            {
                Agent = AgentFacts.Name,
                Status = "running",
                Version = AgentFacts.Version,
                VmId = options.Value.SandboxId,
                Message = Explanation,
                Timestamp = time.GetUtcNow(),
            },
            HopxJson.Default.CacheStatus));
        routes.MapGet("/cache/stats", (HttpContext http, TimeProvider time) => TypedResults.Json(
            new CacheStats { Cache = new CacheState { Ttl = "0s" }, Timestamp = time.GetUtcNow(), RequestId = http.TraceIdentifier }, HopxJson.Default.CacheStats));
        routes.MapPost("/cache/clear", (HttpContext http, TimeProvider time) => TypedResults.Json(
            new CacheCleared { Message = $"Cache cleared. {Explanation}", Success = true, Timestamp = time.GetUtcNow(), RequestId = http.TraceIdentifier }, HopxJson.Default.CacheCleared));
    }
}
