using System.Security.Claims;
using System.Security.Cryptography;
using Hopx.Client;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Hopx.Agent;

/// <summary>Accepts only tokens that the control plane signed for this very sandbox.</summary>
internal sealed class TokenCheck : IDisposable
{
    // Longer ones are not ours, and checking costs time.
    private const int MaxTokenLength = 8 * 1024;

    private readonly ECDsa _key = ECDsa.Create();
    private readonly JsonWebTokenHandler _handler = new() { MapInboundClaims = false };
    private readonly TokenValidationParameters _rules;

    public TokenCheck(IOptions<AgentOptions> options, TimeProvider time)
    {
        _key.ImportSubjectPublicKeyInfo(Convert.FromBase64String(options.Value.TokenPublicKey), out _);
        _rules = new TokenValidationParameters
        {
            ValidAlgorithms = [SecurityAlgorithms.EcdsaSha256],
            IssuerSigningKey = new ECDsaSecurityKey(_key),
            ValidIssuer = "hopx",
            ValidAudience = "hopx-agent",
            LifetimeValidator = (notBefore, expires, _, _) =>
                expires is { } end && time.GetUtcNow().UtcDateTime < end && (notBefore is not { } start || start <= time.GetUtcNow().UtcDateTime),
        };
        SandboxId = options.Value.SandboxId;
    }

    private string SandboxId { get; }

    public static bool CanReadKey(string base64)
    {
        try
        {
            using var key = ECDsa.Create();
            key.ImportSubjectPublicKeyInfo(Convert.FromBase64String(base64), out _);
            return key.KeySize == 256;
        }
        catch (Exception unreadable) when (unreadable is FormatException or CryptographicException)
        {
            return false;
        }
    }

    public async Task<ClaimsIdentity> CheckAsync(string authorization)
    {
        if (authorization.Length == 0)
        {
            throw new HopxException(HopxErrorCode.AuthenticationRequired, "This route needs the sandbox's token. Send it as Authorization: Bearer <token>.");
        }

        const string Scheme = "Bearer ";
        if (!authorization.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase) || authorization.Length > MaxTokenLength)
        {
            throw Refused("it is no bearer token");
        }

        var result = await _handler.ValidateTokenAsync(authorization[Scheme.Length..].Trim(), _rules);
        return result switch
        {
            { IsValid: true } when result.ClaimsIdentity.FindFirst("sub")?.Value == SandboxId => result.ClaimsIdentity,
            { IsValid: true } => throw Refused("it is for another sandbox"),
            { Exception: SecurityTokenInvalidLifetimeException } =>
                throw new HopxException(HopxErrorCode.TokenExpired, "The token has expired. Get a new one with POST /v1/sandboxes/{id}/token/refresh."),
            _ => throw Refused("its signature or its claims are wrong"),
        };
    }

    public void Dispose() => _key.Dispose();

    private static HopxException Refused(string why) => new(
        HopxErrorCode.InvalidToken, $"The token is refused: {why}. Get a new one with POST /v1/sandboxes/{{id}}/token/refresh.");
}
