using System.Globalization;
using System.Text.Json;
using Hopx.Client;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace Hopx.Agent;

internal static class JobsSetup
{
    private const double DefaultWaitSeconds = 30;
    private const int ListedOutputBytes = 4 * 1024;
    private const int ResultOutputBytes = 1024 * 1024;

    private static readonly TimeSpan DeathGrace = TimeSpan.FromSeconds(6);

    public static IServiceCollection AddJobs(this IServiceCollection services)
    {
        services.AddSingleton<IValidateOptions<JobOptions>, JobOptionsValidator>();
        services.AddOptions<JobOptions>().BindConfiguration("Jobs").ValidateOnStart();
        services.AddSingleton<JobStorage>();
        services.AddSingleton<JobRegistry>();
        services.AddSingleton<JobRunner>();
        services.AddSingleton<ProcessKiller>();
        services.AddSingleton<ProcessLister>();
        return services;
    }

    public static void MapJobs(this IEndpointRouteBuilder routes)
    {
        routes.MapGet("/execute/processes", ListExecutions);
        routes.MapGet("/processes", (HttpContext http, ProcessLister processes) => TypedResults.Json(processes.List(http.Request.Query["max_results"]), HopxJson.Default.ProcessList));
        MapKills(routes);

        var jobs = routes.MapGroup("/jobs");
        jobs.MapGet("", ListJobs);
        jobs.MapGet("/{id}", (string id, JobRegistry registry) => Describe(registry.Get(id)));
        jobs.MapGet("/{id}/output", (string id, HttpContext http, JobRegistry registry) =>
            TypedResults.Json(JobOutputReader.Read(registry.Get(id), http.Request.Query), HopxJson.Default.JobOutputPart));
        jobs.MapGet("/{id}/result", (string id, JobRegistry registry) => TypedResults.Json(GetResult(registry.Get(id)), HopxJson.Default.ExecutionResult));
        jobs.MapGet("/{id}/wait", WaitAsync);
        jobs.MapPost("/{id}/input", WriteInputAsync);
        jobs.MapPost("/{id}/signal", SignalAsync);
        jobs.MapDelete("/{id}", DeleteAsync);
    }

    private static void MapKills(IEndpointRouteBuilder routes)
    {
        routes.MapDelete("/execute/kill", KillByQueryOrBodyAsync);
        routes.MapPost("/execute/kill", KillByQueryOrBodyAsync);
        routes.MapPost("/execute/kill/{id}", KillAsync);
        routes.MapPost("/processes/{id}/kill", KillAsync);
    }

    private static async Task<JsonHttpResult<KillResult>> KillByQueryOrBodyAsync(HttpContext http, ProcessKiller killer) => await KillAsync(
        http.Request.Query["process_id"].ToString() is { Length: > 0 } query ? query : (await RequestBody.ReadAsync(http, HopxJson.Default.KillRequest))?.ProcessId ?? "",
        http,
        killer);

    private static async Task<JsonHttpResult<KillResult>> KillAsync(string id, HttpContext http, ProcessKiller killer) =>
        TypedResults.Json(await killer.KillAsync(id, http.RequestAborted), HopxJson.Default.KillResult);

    private static JsonHttpResult<ExecutionProcessList> ListExecutions(JobRegistry registry, TimeProvider time)
    {
        var processes = registry.List().Select(job => job.ToInfo() with
        {
            Stdout = JobOutputReader.ReadEnd(job, JobOutputSource.Stdout, ListedOutputBytes).Text,
            Stderr = JobOutputReader.ReadEnd(job, JobOutputSource.Stderr, ListedOutputBytes).Text,
        }).ToList();
        return TypedResults.Json(
            new ExecutionProcessList { Processes = processes, Count = processes.Count, Timestamp = time.GetUtcNow() }, HopxJson.Default.ExecutionProcessList);
    }

    private static JsonHttpResult<JobList> ListJobs(JobRegistry registry, TimeProvider time)
    {
        var jobs = registry.List().Select(job => job.ToInfo()).ToList();
        return TypedResults.Json(new JobList { Jobs = jobs, Count = jobs.Count, Timestamp = time.GetUtcNow() }, HopxJson.Default.JobList);
    }

    private static async Task<JsonHttpResult<JobInfo>> WaitAsync(string id, HttpContext http, JobRegistry registry, IOptions<JobOptions> options)
    {
        var job = registry.Get(id);
        var asked = http.Request.Query["timeout"].ToString();
        if (!double.TryParse(asked.Length == 0 ? DefaultWaitSeconds.ToString(CultureInfo.InvariantCulture) : asked, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out var seconds))
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, $"'timeout' is '{(asked.Length <= 40 ? asked : asked[..40] + "…")}', which is no number of seconds.");
        }

        await job.WaitAsync(includingInput: true, TimeSpan.FromSeconds(Math.Min(seconds, options.Value.MaxWait.TotalSeconds)), http.RequestAborted);
        return Describe(job);
    }

    private static async Task<JsonHttpResult<JobInfo>> WriteInputAsync(string id, HttpContext http, JobRegistry registry, TimeProvider time)
    {
        var job = registry.Get(id);
        await JobInput.WriteAsync(job, await RequestBody.ReadAsync(http, HopxJson.Default.JobInputRequest), time, http.RequestAborted);
        return Describe(job);
    }

    private static async Task<JsonHttpResult<JobInfo>> SignalAsync(string id, HttpContext http, JobRegistry registry)
    {
        var job = registry.Get(id);
        JobInput.Signal(job, (await RequestBody.ReadAsync(http, HopxJson.Default.JobSignalRequest))?.Signal);
        return Describe(job);
    }

    private static async Task<JsonHttpResult<KillResult>> DeleteAsync(string id, HttpContext http, JobRegistry registry, TimeProvider time)
    {
        var job = registry.Get(id);
        var wasRunning = job.Kill();
        await job.WaitAsync(includingInput: false, DeathGrace, http.RequestAborted);
        registry.Remove(job);
        return TypedResults.Json(
            new KillResult
            {
                ProcessId = job.ProcessId,
                Status = job.Status,
                Success = true,
                Message = wasRunning ? "Killed with all its children, and forgotten." : "Forgotten.",
                Timestamp = time.GetUtcNow(),
            },
            HopxJson.Default.KillResult);
    }

    private static ExecutionResult GetResult(Job job)
    {
        if (!job.Status.HasEnded)
        {
            throw new HopxException(HopxErrorCode.Conflict, $"Job '{job.ProcessId}' has not ended, so it has no result yet. GET /jobs/{job.ProcessId}/wait waits for it.");
        }

        var stdout = JobOutputReader.ReadEnd(job, JobOutputSource.Stdout, ResultOutputBytes);
        var stderr = JobOutputReader.ReadEnd(job, JobOutputSource.Stderr, ResultOutputBytes);
        var info = job.ToInfo();
        var kept = job.ReadResult() is { Length: > 0 } json ? JsonSerializer.Deserialize(json, HopxJson.Default.ExecutionResult) : null;
        return (kept ?? new ExecutionResult { Success = info.Status is JobStatus.Completed, ExitCode = info.ExitCode ?? 0, Outcome = info.Outcome ?? RunOutcome.Unknown, Explanation = info.Explanation }) with
        {
            Stdout = stdout.Text,
            Stderr = stderr.Text,
            StdoutOmittedBytes = stdout.OmittedBytes > 0 ? stdout.OmittedBytes : null,
            StderrOmittedBytes = stderr.OmittedBytes > 0 ? stderr.OmittedBytes : null,
            ProcessId = job.ProcessId,
            Status = info.Status.ToString().ToLowerInvariant(),
        };
    }

    private static JsonHttpResult<JobInfo> Describe(Job job) => TypedResults.Json(job.ToInfo(), HopxJson.Default.JobInfo);
}
