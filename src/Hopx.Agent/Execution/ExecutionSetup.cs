using Hopx.Client;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace Hopx.Agent;

internal static class ExecutionSetup
{
    public static IServiceCollection AddExecution(this IServiceCollection services)
    {
        services.AddSingleton<IValidateOptions<ExecutionOptions>, ExecutionOptionsValidator>();
        services.AddOptions<ExecutionOptions>().BindConfiguration("Execution").ValidateOnStart();
        services.AddSingleton<ILanguageRunner, JavaScriptRunner>();
        services.AddSingleton<ILanguageRunner, BashRunner>();
        services.AddSingleton<ILanguageRunner, GoRunner>();
        services.AddSingleton<CodeExecution>();
        services.AddSingleton<CodeJobs>();
        services.AddSingleton<IValidateOptions<CallbackOptions>, CallbackOptionsValidator>();
        services.AddOptions<CallbackOptions>().BindConfiguration("Callbacks").ValidateOnStart();
        services.AddSingleton<CallbackSender>();
        return services;
    }

    public static void MapExecution(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/execute", ExecuteAsync);
        routes.MapPost("/execute/rich", ExecuteAsync);
        routes.MapPost("/execute/background", async (HttpContext http, CodeJobs jobs) => TypedResults.Json(
            jobs.StartInBackground(await RequestBody.ReadAsync(http, HopxJson.Default.BackgroundExecuteRequest)), HopxJson.Default.BackgroundRun));
        routes.MapPost("/execute/async", async (HttpContext http, CodeJobs jobs) => TypedResults.Json(
            jobs.StartWithCallback(await RequestBody.ReadAsync(http, HopxJson.Default.AsyncExecuteRequest)), HopxJson.Default.AsyncExecution));
    }

    private static async Task<JsonHttpResult<ExecutionResult>> ExecuteAsync(HttpContext http, CodeJobs execution) => TypedResults.Json(
        await execution.RunAsync(await RequestBody.ReadAsync(http, HopxJson.Default.ExecuteRequest), http.TraceIdentifier, http.RequestAborted),
        HopxJson.Default.ExecutionResult);
}
