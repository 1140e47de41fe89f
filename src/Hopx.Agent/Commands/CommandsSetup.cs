using Hopx.Client;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Hopx.Agent;

internal static class CommandsSetup
{
    public static IServiceCollection AddCommands(this IServiceCollection services) => services.AddSingleton<CommandExecution>();

    public static void MapCommands(this IEndpointRouteBuilder routes) => routes.MapPost("/commands/run", RunAsync);

    private static async Task<JsonHttpResult<CommandResult>> RunAsync(HttpContext http, CommandExecution commands)
    {
        var request = await RequestBody.ReadAsync(http, HopxJson.Default.CommandRequest);
        var run = commands.Start(request, RunObserver.None);
        var result = await run.CompleteForAsync(http.RequestAborted);
        return TypedResults.Json(commands.Describe(request!.Command!, result, http.TraceIdentifier), HopxJson.Default.CommandResult);
    }
}
