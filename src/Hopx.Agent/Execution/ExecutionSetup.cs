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
        services.AddSingleton<ILanguageRunner, PythonRunner>();
        services.AddSingleton<ILanguageRunner, JavaScriptRunner>();
        services.AddSingleton<ILanguageRunner, BashRunner>();
        services.AddSingleton<ILanguageRunner, GoRunner>();
        services.AddSingleton<CodeExecution>();
        return services;
    }

    public static void MapExecution(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/execute", ExecuteAsync);
        routes.MapPost("/execute/rich", ExecuteAsync);
    }

    private static async Task<JsonHttpResult<ExecutionResult>> ExecuteAsync(HttpContext http, CodeExecution execution) => TypedResults.Json(
        await execution.RunAsync(await RequestBody.ReadAsync(http, HopxJson.Default.ExecuteRequest), http.TraceIdentifier, http.RequestAborted),
        HopxJson.Default.ExecutionResult);
}
