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
        var text = KeyOf(context.Request) ?? KeyInQuery(context);
        if (text is null)
        {
            return CameThroughControlSocket(context) ? Caller.Local : null;
        }

        return Authenticate(text)
            ?? throw new HopxException(HopxErrorCode.InvalidToken, "The API key is not valid here. Make one with 'hopx-mcp key create'.");
    }

    /// <summary>The owner of a key, or null when it is not valid.</summary>
    public Caller? Authenticate(string key) => keys.Authenticate(key) is { } known ? new Caller(known.Id, known.OrganizationId, known.Scope) : null;

    /// <summary>The key that a request brings, in <c>X-API-Key</c> or as a bearer token.</summary>
    public static string? KeyOf(HttpRequest request)
    {
        if (request.Headers.TryGetValue("X-API-Key", out var header) && header.ToString() is { Length: > 0 } key)
        {
            return key;
        }

        var authorization = request.Headers.Authorization.ToString();
        return authorization.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase) ? authorization["Bearer ".Length..].Trim() : null;
    }

    // A browser's EventSource cannot set headers; on any other route a key in the URL would invite people to leave it in logs and histories.
    private static string? KeyInQuery(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<KeyMayBeInQuery>() is not null && context.Request.Query["token"].ToString() is { Length: > 0 } token ? token : null;

    public static ClaimsPrincipal ToPrincipal(Caller caller) => new(new ClaimsIdentity(
        [new Claim("sub", caller.Subject), new Claim("org", caller.OrganizationId.ToString(System.Globalization.CultureInfo.InvariantCulture)), new Claim("scope", caller.Scope.Name)],
        authenticationType: "HopX"));

    private static bool CameThroughControlSocket(HttpContext context) =>
        // Kestrel's requests have this feature of their connection, and not the one for its end points.
        context.Features.Get<IConnectionSocketFeature>()?.Socket.AddressFamily is AddressFamily.Unix;
}
