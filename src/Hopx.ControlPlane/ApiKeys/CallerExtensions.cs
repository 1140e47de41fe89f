using Hopx.Client;
using Microsoft.AspNetCore.Http;

namespace Hopx.ControlPlane.ApiKeys;

/// <summary>The caller of a request, once <see cref="CallerAuthentication"/> has found out.</summary>
internal static class CallerExtensions
{
    extension(HttpContext context)
    {
        public Caller Caller => context.Features.Get<Caller>() ?? throw Missing();
    }

    public static HopxException Missing() => new(
        HopxErrorCode.AuthenticationRequired, "An API key is required: send it as 'X-API-Key: <key>' or 'Authorization: Bearer <key>'. 'hopx-mcp key create' makes one.");
}
