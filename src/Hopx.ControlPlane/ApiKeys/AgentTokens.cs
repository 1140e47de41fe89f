using System.Security.Cryptography;
using Hopx.ControlPlane.State;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Hopx.ControlPlane.ApiKeys;

/// <summary>Signs the tokens that agents accept. Agents get the public half of the key, so nothing in a sandbox is worth stealing.</summary>
internal sealed class AgentTokens : IDisposable
{
    private readonly ECDsa _key;
    private readonly SigningCredentials _credentials;
    private readonly JsonWebTokenHandler _handler = new() { SetDefaultTimesOnTokenCreation = false };
    private readonly TimeProvider _time;

    public AgentTokens(HomeDirectory home, TimeProvider time)
    {
        _time = time;
        _key = LoadOrCreate(home.SigningKey);
        // A cache of its own: the default one is shared by the whole process and hands out signers whose key is long disposed.
        _credentials = new SigningCredentials(new ECDsaSecurityKey(_key), SecurityAlgorithms.EcdsaSha256)
        {
            CryptoProviderFactory = new CryptoProviderFactory(new InMemoryCryptoProviderCache()),
        };
        PublicKey = Convert.ToBase64String(_key.ExportSubjectPublicKeyInfo());
    }

    /// <summary>SubjectPublicKeyInfo, base64.</summary>
    public string PublicKey { get; }

    /// <summary>A token for one sandbox.</summary>
    /// <param name="scope"><c>control</c> for the agent's private routes; null for those of callers.</param>
    public string Create(string sandboxId, long organizationId, DateTimeOffset expires, string? scope = null)
    {
        var claims = new Dictionary<string, object> { ["sub"] = sandboxId, ["org"] = organizationId };
        if (scope is not null)
        {
            claims["scope"] = scope;
        }

        return _handler.CreateToken(new SecurityTokenDescriptor
        {
            Issuer = "hopx",
            Audience = "hopx-agent",
            IssuedAt = _time.GetUtcNow().UtcDateTime,
            Expires = expires.UtcDateTime,
            Claims = claims,
            SigningCredentials = _credentials,
        });
    }

    /// <summary>A key for another purpose of this server, the same at each start.</summary>
    public byte[] DeriveKey(string purpose) =>
        HKDF.DeriveKey(HashAlgorithmName.SHA256, _key.ExportPkcs8PrivateKey(), outputLength: 32, info: System.Text.Encoding.UTF8.GetBytes(purpose));

    public void Dispose() => _key.Dispose();

    private static ECDsa LoadOrCreate(string path)
    {
        var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        if (File.Exists(path))
        {
            key.ImportFromPem(File.ReadAllText(path));
            return key;
        }

        // Written aside and renamed, so that a crash leaves no half key behind.
        var temporary = $"{path}.{Guid.NewGuid():N}";
        using (var file = new FileStream(temporary, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
        }))
        using (var writer = new StreamWriter(file))
        {
            writer.Write(key.ExportPkcs8PrivateKeyPem());
        }

        File.Move(temporary, path, overwrite: true);
        return key;
    }
}
