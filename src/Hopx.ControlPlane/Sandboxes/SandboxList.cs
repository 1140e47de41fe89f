using System.Globalization;
using Hopx.Client;
using Hopx.ControlPlane.ApiKeys;
using Hopx.ControlPlane.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace Hopx.ControlPlane.Sandboxes;

/// <summary><c>GET /v1/sandboxes</c>: the caller's sandboxes, oldest first, page by page.</summary>
internal sealed class SandboxList(SandboxStore store, SandboxCursor cursors, SandboxAnswers answers, IOptions<ControlPlaneOptions> options)
{
    private const int LargestPage = 100;

    public JsonHttpResult<ListPage<Sandbox>> Read(HttpContext context, string? status, string? region, string? limit, string? cursor)
    {
        // Asked before the first sandbox: without one nobody would be asked.
        var organization = context.Caller.OrganizationId;
        var wanted = ParseStatus(status);
        var size = ParseLimit(limit);
        var behind = string.IsNullOrEmpty(cursor) ? SandboxPlace.First : cursors.Parse(cursor, organization);
        var isHere = string.IsNullOrEmpty(region) || region == options.Value.Region;
        var page = store.Living
            .Where(record => isHere && record.OrganizationId == organization)
            .Where(record => (wanted is null || record.Status == wanted) && SandboxPlace.Of(record) > behind)
            .OrderBy(SandboxPlace.Of)
            .Take(size + 1)
            .ToList();
        var hasMore = page.Count > size;
        return JsonAnswer.Of(
            new ListPage<Sandbox>
            {
                Data = [.. page.Take(size).Select(record => answers.ToWire(record, context))],
                HasMore = hasMore,
                NextCursor = hasMore ? cursors.After(page[size - 1]) : null,
                Url = "/v1/sandboxes",
                RequestId = RequestId.Of(context),
            },
            HopxJson.Default.ListPageSandbox);
    }

    /// <summary>Clamped, not refused: the documents of the API disagree on the numbers.</summary>
    private static int ParseLimit(string? limit)
    {
        if (string.IsNullOrEmpty(limit))
        {
            return LargestPage;
        }

        return long.TryParse(limit, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number)
            ? (int)Math.Clamp(number, 1, LargestPage)
            : throw new HopxException(HopxErrorCode.InvalidRequest, $"limit is '{limit}'; a whole number from 1 to {LargestPage} is expected.");
    }

    private static SandboxStatus? ParseStatus(string? status)
    {
        if (string.IsNullOrEmpty(status))
        {
            return null;
        }

        return Enum.TryParse<SandboxStatus>(status, ignoreCase: true, out var known) && !char.IsDigit(status[0]) && known is not (SandboxStatus.Unknown or SandboxStatus.Deleted)
            ? known
            : throw new HopxException(HopxErrorCode.InvalidRequest, $"status is '{status}'; one of creating, running, paused, stopped and error is expected.");
    }
}
