using System.Net.Sockets;
using System.Security.Claims;
using Hopx.Client;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace Hopx.ControlPlane.ApiKeys;

/// <summary>Finds out who calls: by API key in any header that HopX's clients use, or by having come through the control socket.</summary>
internal sealed class CallerAuthentication(ApiKeyStore keys)
{
    /// <summary>The caller, or null when the request names none.</summary>
    /// <exception cref="HopxException">The request brings a key that is not valid.</exception>
    public Caller? Authenticate(HttpContext context)
    {
        var text = KeyOf(context.Request);
        if (text is null)
        {
            return CameThroughControlSocket(context) ? Caller.Local : null;
        }

        return Authenticate(text)
            ?? throw new HopxException(HopxErrorCode.InvalidToken, "The API key is not valid here. Make one with 'hopx-mcp key create'.");
    }

    /// <summary>The owner of a key, or null when it is not valid.</summary>
    public Caller? Authenticate(string key) => keys.Authenticate(key) is { } known ? new Caller(known.Id, known.OrganizationId) : null;

    /// <summary>The key that a request brings, in <c>X-API-Key</c>, as a bearer token, or in the query of an event stream.</summary>
    public static string? KeyOf(HttpRequest request)
    {
        if (request.Headers.TryGetValue("X-API-Key", out var header) && header.ToString() is { Length: > 0 } key)
        {
            return key;
        }

        var authorization = request.Headers.Authorization.ToString();
        if (authorization.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
        {
            return authorization["Bearer ".Length..].Trim();
        }

        // A browser's EventSource cannot set headers; anywhere else a key in the URL would end up in logs.
        return request.Headers.Accept.ToString().Contains("text/event-stream", StringComparison.OrdinalIgnoreCase) && request.Query["token"].ToString() is { Length: > 0 } token
            ? token
            : null;
    }

    public static ClaimsPrincipal ToPrincipal(Caller caller) => new(new ClaimsIdentity(
        [new Claim("sub", caller.Subject), new Claim("org", caller.OrganizationId.ToString(System.Globalization.CultureInfo.InvariantCulture))],
        authenticationType: "HopX"));

    private static bool CameThroughControlSocket(HttpContext context) =>
        // Kestrel's requests have this feature of their connection, and not the one for its end points.
        context.Features.Get<IConnectionSocketFeature>()?.Socket.AddressFamily is AddressFamily.Unix;
}
