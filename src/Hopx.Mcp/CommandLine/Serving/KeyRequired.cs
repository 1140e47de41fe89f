using Hopx.Client;
using Hopx.ControlPlane.ApiKeys;
using Hopx.ControlPlane.Hosting;

namespace Hopx.Mcp.CommandLine.Serving;

/// <summary>Connection feature of addresses that other machines reach: nothing is done there for a caller without an API key.</summary>
internal sealed class KeyRequired
{
    public static readonly KeyRequired Instance = new();

    private KeyRequired()
    {
    }

    /// <param name="http">A request.</param>
    /// <param name="next">What it is for.</param>
    /// <param name="checksKeys">Whether keys were checked before; else the service that the call goes to checks them.</param>
    public static Task CheckAsync(HttpContext http, RequestDelegate next, bool checksKeys)
    {
        var isGuarded = http.Features.Get<KeyRequired>() is not null && (http.Request.Path.StartsWithSegments("/mcp") || http.Request.Path.StartsWithSegments("/v1"));
        var hasKey = checksKeys ? http.Features.Get<Caller>() is not null : CallerAuthentication.KeyOf(http.Request) is not null;
        return isGuarded && !hasKey
            ? ErrorAnswers.WriteAsync(http, new HopxException(
                HopxErrorCode.AuthenticationRequired, "From another machine an API key is required: send it as 'X-API-Key: <key>' or 'Authorization: Bearer <key>'."))
            : next(http);
    }
}
