using Hopx.Client;

namespace Hopx.Agent;

internal static class HealthSetup
{
    public static IServiceCollection AddHealth(this IServiceCollection services) => services.AddSingleton<AgentFacts>().AddSingleton<SystemReport>();

    public static void MapHealth(this IEndpointRouteBuilder routes)
    {
        // Made now, since it remembers when the agent started.
        _ = routes.ServiceProvider.GetRequiredService<AgentFacts>();
        var open = routes.MapGroup("").WithMetadata(new OpenRoute());
        open.MapGet("/", (AgentFacts facts) => TypedResults.Json(facts.GetInfo(), HopxJson.Default.AgentInfo));
        open.MapGet("/ping", () => TypedResults.Json(
            new Dictionary<string, string> { ["status"] = "ok", ["message"] = "pong" }, HopxJson.Default.DictionaryStringString));
        open.MapGet("/health", (AgentFacts facts) => TypedResults.Json(facts.GetHealth(), HopxJson.Default.AgentHealth));
        open.MapGet("/system", (HttpContext http, SystemReport report) => TypedResults.Json(report.Take(http.TraceIdentifier), HopxJson.Default.SystemFacts));
        open.MapGet("/info", (AgentFacts facts) => TypedResults.Json(facts.GetInfo(), HopxJson.Default.AgentInfo));
    }
}
