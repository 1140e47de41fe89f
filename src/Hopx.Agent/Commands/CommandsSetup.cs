using Hopx.Client;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Hopx.Agent;

internal static class CommandsSetup
{
    public static IServiceCollection AddCommands(this IServiceCollection services) => services.AddSingleton<CommandExecution>().AddSingleton<CommandJobs>();

    public static void MapCommands(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/commands/run", RunAsync);
        routes.MapPost("/commands/background", async (HttpContext http, CommandJobs jobs) => TypedResults.Json(
            jobs.StartInBackground(await RequestBody.ReadAsync(http, HopxJson.Default.BackgroundCommandRequest)), HopxJson.Default.BackgroundRun));
    }

    private static async Task<JsonHttpResult<CommandResult>> RunAsync(HttpContext http, CommandJobs commands) => TypedResults.Json(
        await commands.RunAsync(await RequestBody.ReadAsync(http, HopxJson.Default.CommandRequest), http.TraceIdentifier, http.RequestAborted),
        HopxJson.Default.CommandResult);
}
