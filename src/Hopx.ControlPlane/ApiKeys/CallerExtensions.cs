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

    /// <exception cref="HopxException">The caller may only look.</exception>
    public static void RequireChange(Caller caller)
    {
        if (!caller.MayChange)
        {
            throw new HopxException(
                HopxErrorCode.Forbidden, $"The key '{caller.Subject}' is read-only: it may look at sandboxes but neither change nor enter them. 'hopx-mcp key create' makes one that may.");
        }
    }

    public static HopxException Missing() => new(
        HopxErrorCode.AuthenticationRequired, "An API key is required: send it as 'X-API-Key: <key>' or 'Authorization: Bearer <key>'. 'hopx-mcp key create' makes one.");
}
