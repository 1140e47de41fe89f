using System.Net;
using Microsoft.Extensions.Options;

namespace Hopx.Mcp.Hosting;

/// <summary>
/// Refuses requests that a web page makes a browser send, by name rebinding or across origins: the caller on loopback needs no key, so a browser must not be it.
/// </summary>
internal sealed class HostAndOriginGuard(IOptions<HopxMcpOptions> options)
{
    public Task InvokeAsync(HttpContext http, RequestDelegate next)
    {
        var host = http.Request.Host.Host;
        if (!IsLoopback(host) && !options.Value.AllowedHosts.Any(allowed => allowed is "*" || allowed.Equals(host, StringComparison.OrdinalIgnoreCase)))
        {
            return RefuseAsync(http, "This server is not called by that Host. Call it as localhost, or add the name to the allowed hosts.");
        }

        // Several headers, or one with several values, are no origin that a browser sends.
        return http.Request.Headers.Origin is not [] and var origins && !(origins is [{ } origin] && IsAllowed(origin))
            ? RefuseAsync(http, "This Origin may not call this server. Add it to the allowed origins if its pages should.")
            : next(http);
    }

    private bool IsAllowed(string origin) =>
        options.Value.AllowedOrigins.Contains(origin, StringComparer.OrdinalIgnoreCase)
        || (Uri.TryCreate(origin, UriKind.Absolute, out var uri) && uri.Scheme is "http" or "https" && IsLoopback(uri.Host));

    private static bool IsLoopback(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));

    private static Task RefuseAsync(HttpContext http, string reason)
    {
        http.Response.StatusCode = StatusCodes.Status403Forbidden;
        http.Response.ContentType = "text/plain; charset=utf-8";
        return http.Response.WriteAsync(reason, http.RequestAborted);
    }
}
