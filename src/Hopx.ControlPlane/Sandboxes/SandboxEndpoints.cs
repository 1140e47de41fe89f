using Hopx.Client;
using Hopx.ControlPlane.ApiKeys;
using Hopx.ControlPlane.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Hopx.ControlPlane.Sandboxes;

/// <summary>Routes of <c>/v1/sandboxes</c>.</summary>
internal static class SandboxEndpoints
{
    private const string Tag = "Sandboxes";

    public static void MapSandboxes(this IEndpointRouteBuilder routes)
    {
        var sandboxes = routes.MapGroup("/v1/sandboxes");
        sandboxes.MapPost("", CreateAsync)
            .Describe("createSandbox", Tag, "Make a sandbox; it answers when its agent does. An Idempotency-Key makes a create that is sent twice one.")
            .TakesHeader("Idempotency-Key", "Up to 255 visible ASCII characters of the caller's choice: for 24 hours the same key with the same body gives the same sandbox.")
            .Takes<CreateSandboxRequest>().Answers<Sandbox>(StatusCodes.Status201Created).Refuses(400, 401, 403, 404, 409, 429, 503);
        sandboxes.MapGet("", (HttpContext context, SandboxList list, string? status, string? region, string? limit, string? cursor) =>
            list.Read(context, status, region, limit, cursor))
            .Describe("listSandboxes", Tag, "The caller's sandboxes, oldest first, page by page.").Answers<ListPage<Sandbox>>().Refuses(400, 401);
        sandboxes.MapGet("/{id}", (string id, HttpContext context, SandboxGate gate, SandboxAnswers answers) =>
            JsonAnswer.Of(answers.ToWire(gate.Find(context.Caller, id), context), HopxJson.Default.Sandbox))
            .Describe("getSandbox", Tag, "One sandbox.").Answers<Sandbox>().Refuses(401, 404);
        sandboxes.MapDelete("/{id}", async (string id, HttpContext context, SandboxBurial burial) =>
        {
            await burial.DeleteAsync(context.Caller, id, context.RequestAborted);
            return JsonAnswer.Of(
                new SandboxStateChange { Id = id, Status = SandboxStatus.Deleted, RequestId = RequestId.Of(context) }, HopxJson.Default.SandboxStateChange);
        })
            .Describe("deleteSandbox", Tag, "End a sandbox, with all that is in it.").Answers<SandboxStateChange>().Refuses(401, 403, 404);
        sandboxes.MapPut("/{id}/timeout", SetTimeoutAsync)
            .Describe("setSandboxTimeout", Tag, "Give a sandbox another lifetime, from now on.").Takes<SetTimeoutRequest>().Answers<SandboxTimeout>().Refuses(400, 401, 403, 404, 409);
        sandboxes.MapPost("/{id}/token/refresh", RefreshToken)
            .Describe("refreshSandboxToken", Tag, "A new token for the sandbox's agent; earlier ones stay valid.").Answers<SandboxToken>().Refuses(401, 403, 404);
        sandboxes.MapPost("/{id}/pause", (string id, HttpContext context, SandboxPausing pausing) => ChangedAsync(pausing.PauseAsync(context.Caller, id, context.RequestAborted), context))
            .Describe("pauseSandbox", Tag, "Freeze a sandbox; memory and files are kept.").Answers<SandboxStateChange>().Refuses(401, 403, 404, 409);
        sandboxes.MapPost("/{id}/resume", (string id, HttpContext context, SandboxPausing pausing) => ChangedAsync(pausing.ResumeAsync(context.Caller, id, context.RequestAborted), context))
            .Describe("resumeSandbox", Tag, "Let a paused sandbox go on.").Answers<SandboxStateChange>().Refuses(401, 403, 404, 409);
        sandboxes.MapPost("/{id}/stop", (string id, HttpContext context, SandboxStopping stopping) => ChangedAsync(stopping.StopAsync(context.Caller, id, context.RequestAborted), context))
            .Describe("stopSandbox", Tag, "End a sandbox's processes; files are kept.").Answers<SandboxStateChange>().Refuses(401, 403, 404, 409);
        sandboxes.MapPost("/{id}/start", (string id, HttpContext context, SandboxStopping stopping) => ChangedAsync(stopping.StartAsync(context.Caller, id, context.RequestAborted), context))
            .Describe("startSandbox", Tag, "Start a stopped sandbox on its files.").Answers<SandboxStateChange>().Refuses(401, 403, 404, 409, 429, 503);
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

    private static async Task<JsonHttpResult<SandboxStateChange>> ChangedAsync(Task<SandboxRecord> change, HttpContext context)
    {
        var record = await change;
        return JsonAnswer.Of(new SandboxStateChange { Id = record.Id, Status = record.Status, RequestId = RequestId.Of(context) }, HopxJson.Default.SandboxStateChange);
    }
}
