using System.Text.Json;
using Hopx.Client;
using Hopx.ControlPlane.ApiKeys;
using Hopx.ControlPlane.Hosting;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Hopx.ControlPlane.Sandboxes;

/// <summary>Services and routes of <c>/v1/sandboxes</c>.</summary>
internal static class SandboxEndpoints
{
    private const int DefaultPage = 100;

    public static IServiceCollection AddSandboxes(this IServiceCollection services) => services
        .AddSingleton<SandboxStore>()
        .AddSingleton<SandboxAgents>()
        .AddSingleton<SandboxLifecycle>()
        .AddSingleton<SandboxAnswers>()
        .AddHostedService<ExpiredSandboxReaper>()
        .AddHostedService<SandboxDiskSweeper>();

    public static void MapSandboxes(this IEndpointRouteBuilder routes)
    {
        var sandboxes = routes.MapGroup("/v1/sandboxes");
        sandboxes.MapPost("", CreateAsync);
        sandboxes.MapGet("", List);
        sandboxes.MapGet("/{id}", (string id, HttpContext context, SandboxLifecycle lifecycle, SandboxAnswers answers) =>
            JsonAnswer.Of(answers.ToWire(lifecycle.Find(context.Caller, id), context), HopxJson.Default.Sandbox));
        sandboxes.MapDelete("/{id}", async (string id, HttpContext context, SandboxLifecycle lifecycle) =>
        {
            await lifecycle.DeleteAsync(context.Caller, id, context.RequestAborted);
            return JsonAnswer.Of(
                new SandboxStateChange { Id = id, Status = SandboxStatus.Deleted, RequestId = RequestId.Of(context) }, HopxJson.Default.SandboxStateChange);
        });
        sandboxes.MapPut("/{id}/timeout", SetTimeoutAsync);
        sandboxes.MapPost("/{id}/token/refresh", RefreshToken);
        MapChange(sandboxes, "/{id}/pause", static (lifecycle, caller, id, token) => lifecycle.PauseAsync(caller, id, token));
        MapChange(sandboxes, "/{id}/resume", static (lifecycle, caller, id, token) => lifecycle.ResumeAsync(caller, id, token));
        MapChange(sandboxes, "/{id}/stop", static (lifecycle, caller, id, token) => lifecycle.StopAsync(caller, id, token));
        MapChange(sandboxes, "/{id}/start", static (lifecycle, caller, id, token) => lifecycle.StartAsync(caller, id, token));
    }

    private static async Task<JsonHttpResult<Sandbox>> CreateAsync(HttpContext context, SandboxLifecycle lifecycle, SandboxAnswers answers)
    {
        var request = await JsonBody.ReadAsync(context.Request, HopxJson.Default.CreateSandboxRequest) ?? new CreateSandboxRequest();
        var record = await lifecycle.CreateAsync(context.Caller, request, context.RequestAborted);
        var (token, expires) = lifecycle.CreateToken(record);
        return JsonAnswer.Of(
            answers.ToWire(record, context) with { AuthToken = token, TokenExpiresAt = expires }, HopxJson.Default.Sandbox, StatusCodes.Status201Created);
    }

    private static JsonHttpResult<ListPage<Sandbox>> List(
        HttpContext context, SandboxStore store, SandboxAnswers answers, string? status, string? region, string? limit, string? cursor)
    {
        // Asked before the first sandbox: without one nobody would be asked.
        var organization = context.Caller.OrganizationId;
        // Clamped, not refused: the documents of the API disagree on the numbers.
        var size = int.TryParse(limit, out var wanted) ? Math.Clamp(wanted, 1, DefaultPage) : DefaultPage;
        var behind = string.IsNullOrEmpty(cursor) ? "" : SandboxCursor.Parse(cursor);
        var page = store.All
            .Where(record => record.OrganizationId == organization && record.Status is not SandboxStatus.Deleted)
            .Select(record => answers.ToWire(record, context))
            .Where(sandbox => (string.IsNullOrEmpty(status) || Name(sandbox.Status) == status) && (string.IsNullOrEmpty(region) || sandbox.Region == region))
            .Where(sandbox => string.CompareOrdinal(sandbox.Id, behind) > 0)
            .OrderBy(sandbox => sandbox.Id, StringComparer.Ordinal)
            .Take(size + 1)
            .ToList();
        var hasMore = page.Count > size;
        var data = page.Take(size).ToList();
        return JsonAnswer.Of(
            new ListPage<Sandbox>
            {
                Data = data,
                HasMore = hasMore,
                NextCursor = hasMore ? SandboxCursor.After(data[^1].Id) : null,
                Url = "/v1/sandboxes",
                RequestId = RequestId.Of(context),
            },
            HopxJson.Default.ListPageSandbox);
    }

    private static async Task<JsonHttpResult<SandboxTimeout>> SetTimeoutAsync(string id, HttpContext context, SandboxLifecycle lifecycle)
    {
        var request = await JsonBody.ReadAsync(context.Request, HopxJson.Default.SetTimeoutRequest);
        var record = await lifecycle.SetTimeoutAsync(context.Caller, id, request?.TimeoutSeconds, context.RequestAborted);
        return JsonAnswer.Of(
            new SandboxTimeout { Id = id, TimeoutSeconds = record.TimeoutSeconds!.Value, ExpiresAt = record.ExpiresAt, RequestId = RequestId.Of(context) },
            HopxJson.Default.SandboxTimeout);
    }

    private static JsonHttpResult<SandboxToken> RefreshToken(string id, HttpContext context, SandboxLifecycle lifecycle)
    {
        var (token, expires) = lifecycle.CreateToken(lifecycle.Find(context.Caller, id));
        return JsonAnswer.Of(
            new SandboxToken { Id = id, AuthToken = token, TokenExpiresAt = expires, RequestId = RequestId.Of(context) }, HopxJson.Default.SandboxToken);
    }

    private static void MapChange(
        RouteGroupBuilder sandboxes, string path, Func<SandboxLifecycle, Caller, string, CancellationToken, Task<SandboxRecord>> change) =>
        sandboxes.MapPost(path, async (string id, HttpContext context, SandboxLifecycle lifecycle) =>
        {
            var record = await change(lifecycle, context.Caller, id, context.RequestAborted);
            return JsonAnswer.Of(
                new SandboxStateChange { Id = id, Status = record.Status, RequestId = RequestId.Of(context) }, HopxJson.Default.SandboxStateChange);
        });

    private static string Name(SandboxStatus status) => JsonNamingPolicy.SnakeCaseLower.ConvertName(status.ToString());
}
