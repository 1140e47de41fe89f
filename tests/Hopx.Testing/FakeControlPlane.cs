using System.Globalization;
using Hopx.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Routing;

namespace Hopx.Testing;

/// <summary>Routes of the control plane.</summary>
internal static class FakeControlPlane
{
    public static void Map(IEndpointRouteBuilder app, FakeHopxCloud cloud)
    {
        app.MapGet("/health", () => TypedResults.Ok(new ServiceHealth { Status = "healthy", Version = "1.0.0", Timestamp = cloud.Time.GetUtcNow() }));
        app.MapGet("/v1/templates", (string? category, string? language) => TypedResults.Ok(new ListPage<Template>
        {
            Data = [.. cloud.Templates.Where(template => (category ?? template.Category) == template.Category && (language ?? template.Language) == template.Language)],
            Url = "/v1/templates",
        }));
        app.MapGet("/v1/templates/{nameOrId}", (string nameOrId) => TypedResults.Ok(
            cloud.Templates.FirstOrDefault(template => template.Name == nameOrId || template.Id == nameOrId)
            ?? throw new FakeErrorException(HopxErrorCode.ResourceNotFound, "Template not found")));
        MapSandboxes(app.MapGroup("/v1/sandboxes"), cloud);
    }

    private static void MapSandboxes(RouteGroupBuilder sandboxes, FakeHopxCloud cloud)
    {
        sandboxes.MapPost("", async (HttpContext http, CreateSandboxRequest request) =>
        {
            var sandbox = await cloud.CreateAsync(request, cloud.OrganizationOf(http), http.RequestAborted);
            return TypedResults.Json(sandbox.Describe(withToken: true), HopxJson.Default.Sandbox, statusCode: StatusCodes.Status201Created);
        });
        sandboxes.MapGet("", (HttpContext http, string? status, int? limit, string? cursor) => TypedResults.Ok(List(http, cloud, status, limit, cursor)));
        sandboxes.MapGet("/{id}", (HttpContext http, string id) => TypedResults.Ok(Find(http, id).Describe(withToken: false)));
        sandboxes.MapDelete("/{id}", async (HttpContext http, string id) =>
        {
            await cloud.DeleteAsync(Find(http, id));
            return TypedResults.Ok(new SandboxStateChange { Id = id, Status = SandboxStatus.Deleted });
        });
        sandboxes.MapPost("/{id}/pause", (HttpContext http, string id) => Change(http, id, SandboxStatus.Paused, SandboxStatus.Running));
        sandboxes.MapPost("/{id}/resume", (HttpContext http, string id) => Change(http, id, SandboxStatus.Running, SandboxStatus.Paused));
        sandboxes.MapPost("/{id}/stop", (HttpContext http, string id) => Change(http, id, SandboxStatus.Stopped, SandboxStatus.Running, SandboxStatus.Paused));
        sandboxes.MapPost("/{id}/start", (HttpContext http, string id) => Change(http, id, SandboxStatus.Running, SandboxStatus.Stopped));
        sandboxes.MapPut("/{id}/timeout", (HttpContext http, string id, SetTimeoutRequest request) =>
        {
            var sandbox = Find(http, id);
            sandbox.SetTimeout(request.TimeoutSeconds is > 0 and { } seconds
                ? seconds
                : throw new FakeErrorException(HopxErrorCode.InvalidRequest, "timeout_seconds must be positive"));
            return TypedResults.Ok(new SandboxTimeout { Id = id, TimeoutSeconds = seconds, ExpiresAt = sandbox.ExpiresAt });
        });
        sandboxes.MapPost("/{id}/token/refresh", (HttpContext http, string id) => TypedResults.Ok(Find(http, id).IssueToken()));

        FakeSandbox Find(HttpContext http, string id) => cloud.Find(id, cloud.OrganizationOf(http));

        Ok<SandboxStateChange> Change(HttpContext http, string id, SandboxStatus target, params ReadOnlySpan<SandboxStatus> from)
        {
            var sandbox = Find(http, id);
            if (sandbox.Status != target && !from.Contains(sandbox.Status))
            {
                throw new FakeErrorException(HopxErrorCode.Conflict, $"Sandbox is {sandbox.Status}");
            }

            sandbox.Status = target;
            return TypedResults.Ok(new SandboxStateChange { Id = id, Status = target });
        }
    }

    private static ListPage<Sandbox> List(HttpContext http, FakeHopxCloud cloud, string? status, int? limit, string? cursor)
    {
        var organization = cloud.OrganizationOf(http);
        var skip = cursor is null ? 0 : int.Parse(cursor, CultureInfo.InvariantCulture);
        var take = Math.Clamp(limit ?? 100, 1, cloud.MaxPageSize);
        var all = cloud.Sandboxes
            .Where(sandbox => sandbox.OrganizationId == organization && (status is null || string.Equals(sandbox.Status.ToString(), status, StringComparison.OrdinalIgnoreCase)))
            .ToList();
        var more = skip + take < all.Count;
        return new ListPage<Sandbox>
        {
            Data = [.. all.Skip(skip).Take(take).Select(sandbox => sandbox.Describe(withToken: false))],
            HasMore = more,
            NextCursor = more ? (skip + take).ToString(CultureInfo.InvariantCulture) : null,
            Url = "/v1/sandboxes",
        };
    }
}
