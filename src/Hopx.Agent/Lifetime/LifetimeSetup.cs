using Hopx.Client;
using Microsoft.Extensions.Options;

namespace Hopx.Agent;

internal static class LifetimeSetup
{
    public static IServiceCollection AddSandboxLifetime(this IServiceCollection services)
    {
        services.AddSingleton(provider =>
        {
            var deadline = new SandboxDeadline(provider.GetRequiredService<TimeProvider>());
            deadline.Set(provider.GetRequiredService<IOptions<AgentOptions>>().Value.Deadline);
            return deadline;
        });
        services.AddHostedService<DeadlineLoop>();
        services.AddHostedService<RunsEnd>();
        if (Environment.ProcessId == 1)
        {
            services.AddSingleton<IHostLifetime, FirstProcessLifetime>();
        }

        return services;
    }

    public static void MapSandboxLifetime(this IEndpointRouteBuilder routes) =>
        routes.MapPut("/control/deadline", async (HttpContext http, SandboxDeadline deadline) =>
        {
            var request = await RequestBody.ReadAsync(http, HopxJson.Default.DeadlineRequest)
                ?? throw new HopxException(HopxErrorCode.MissingParameter, "The body is missing. Send {\"deadline\": \"<RFC 3339 time>\"}, or null for none.");
            deadline.Set(request.Deadline);
            return TypedResults.Json(request, HopxJson.Default.DeadlineRequest);
        }).WithMetadata(new RequiredScope("control"));
}
