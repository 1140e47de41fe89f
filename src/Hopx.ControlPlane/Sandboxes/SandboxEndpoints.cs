using Hopx.Client;
using Hopx.ControlPlane.ApiKeys;
using Hopx.ControlPlane.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Hopx.ControlPlane.Sandboxes;

/// <summary>Routes of <c>/v1/sandboxes</c>.</summary>
internal static class SandboxEndpoints
{
    public static void MapSandboxes(this IEndpointRouteBuilder routes)
    {
        var sandboxes = routes.MapGroup("/v1/sandboxes");
        sandboxes.MapPost("", CreateAsync);
        sandboxes.MapGet("", (HttpContext context, SandboxList list, string? status, string? region, string? limit, string? cursor) =>
            list.Read(context, status, region, limit, cursor));
        sandboxes.MapGet("/{id}", (string id, HttpContext context, SandboxGate gate, SandboxAnswers answers) =>
            JsonAnswer.Of(answers.ToWire(gate.Find(context.Caller, id), context), HopxJson.Default.Sandbox));
        sandboxes.MapDelete("/{id}", async (string id, HttpContext context, SandboxBurial burial) =>
        {
            await burial.DeleteAsync(context.Caller, id, context.RequestAborted);
            return JsonAnswer.Of(
                new SandboxStateChange { Id = id, Status = SandboxStatus.Deleted, RequestId = RequestId.Of(context) }, HopxJson.Default.SandboxStateChange);
        });
        sandboxes.MapPut("/{id}/timeout", SetTimeoutAsync);
        sandboxes.MapPost("/{id}/token/refresh", RefreshToken);
        MapChange<SandboxPausing>(sandboxes, "/{id}/pause", static (pausing, caller, id, token) => pausing.PauseAsync(caller, id, token));
        MapChange<SandboxPausing>(sandboxes, "/{id}/resume", static (pausing, caller, id, token) => pausing.ResumeAsync(caller, id, token));
        MapChange<SandboxStopping>(sandboxes, "/{id}/stop", static (stopping, caller, id, token) => stopping.StopAsync(caller, id, token));
        MapChange<SandboxStopping>(sandboxes, "/{id}/start", static (stopping, caller, id, token) => stopping.StartAsync(caller, id, token));
    }

    private static async Task<JsonHttpResult<Sandbox>> CreateAsync(HttpContext context, SandboxCreation creation, SandboxLifetimes lifetimes, SandboxAnswers answers)
    {
        var request = await JsonBody.ReadAsync(context.Request, HopxJson.Default.CreateSandboxRequest) ?? new CreateSandboxRequest();
        var record = await creation.CreateAsync(context.Caller, request, context.Request.Headers["Idempotency-Key"], context.RequestAborted);
        var (token, expires) = lifetimes.CreateToken(record);
        return JsonAnswer.Of(
            answers.ToWire(record, context) with { AuthToken = token, TokenExpiresAt = expires }, HopxJson.Default.Sandbox, StatusCodes.Status201Created);
    }

    private static async Task<JsonHttpResult<SandboxTimeout>> SetTimeoutAsync(string id, HttpContext context, SandboxLifetimes lifetimes)
    {
        var request = await JsonBody.ReadAsync(context.Request, HopxJson.Default.SetTimeoutRequest);
        var record = await lifetimes.SetTimeoutAsync(context.Caller, id, request?.TimeoutSeconds, context.RequestAborted);
        return JsonAnswer.Of(
            new SandboxTimeout { Id = id, TimeoutSeconds = record.TimeoutSeconds!.Value, ExpiresAt = record.ExpiresAt, RequestId = RequestId.Of(context) },
            HopxJson.Default.SandboxTimeout);
    }

    private static JsonHttpResult<SandboxToken> RefreshToken(string id, HttpContext context, SandboxGate gate, SandboxLifetimes lifetimes)
    {
        var (token, expires) = lifetimes.CreateToken(gate.Find(context.Caller, id));
        return JsonAnswer.Of(
            new SandboxToken { Id = id, AuthToken = token, TokenExpiresAt = expires, RequestId = RequestId.Of(context) }, HopxJson.Default.SandboxToken);
    }

    private static void MapChange<TStep>(
        RouteGroupBuilder sandboxes, string path, Func<TStep, Caller, string, CancellationToken, Task<SandboxRecord>> change)
        where TStep : notnull =>
        sandboxes.MapPost(path, async context =>
        {
            var id = (string)context.Request.RouteValues["id"]!;
            var record = await change(context.RequestServices.GetRequiredService<TStep>(), context.Caller, id, context.RequestAborted);
            await JsonAnswer.Of(
                new SandboxStateChange { Id = id, Status = record.Status, RequestId = RequestId.Of(context) }, HopxJson.Default.SandboxStateChange).ExecuteAsync(context);
        });
}
