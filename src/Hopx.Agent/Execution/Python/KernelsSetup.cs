using Hopx.Client;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Hopx.Agent;

internal static class KernelsSetup
{
    public static IServiceCollection AddKernels(this IServiceCollection services)
    {
        services.AddOptions<ExecutionOptions>().Configure<IConfiguration>((execution, configuration) =>
            execution.WarmPython |= configuration["WARM_PYTHON"] is "1" or "true");
        services.AddSingleton<PythonProgram>();
        services.AddSingleton<PythonProcesses>();
        services.AddSingleton<KernelParts>();
        services.AddSingleton<PythonKernels>();
        services.AddSingleton<ILanguageRunner, PythonRunner>();
        services.AddHostedService(provider => provider.GetRequiredService<PythonKernels>());
        return services;
    }

    public static void MapKernels(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/execute/ipython", ExecuteAsync);
        routes.MapGet("/jupyter/sessions", List);
        routes.MapGet("/jupyter/status", List);
    }

    // The route's name says the language.
    private static async Task<JsonHttpResult<ExecutionResult>> ExecuteAsync(HttpContext http, CodeJobs jobs)
    {
        var request = await RequestBody.ReadAsync(http, HopxJson.Default.ExecuteRequest);
        return TypedResults.Json(
            await jobs.RunAsync(request is null ? null : request with { Language = null }, http.TraceIdentifier, http.RequestAborted),
            HopxJson.Default.ExecutionResult);
    }

    private static JsonHttpResult<KernelSessions> List(HttpContext http, PythonKernels kernels) =>
        TypedResults.Json(kernels.List() with { RequestId = http.TraceIdentifier }, HopxJson.Default.KernelSessions);
}
