using System.Buffers.Text;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Hopx.ControlPlane.State;

namespace Hopx.ControlPlane.ApiKeys;

/// <summary>API keys: made here, stored as a hash only, looked up by the public part of the key.</summary>
internal sealed class ApiKeyStore(StateDatabase database, TimeProvider time)
{
    private const string Prefix = "hopx_live_";
    private const int IdLength = 12;
    private const string IdAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    /// <summary>Makes a key; its text is returned this once.</summary>
    public (ApiKey Key, string Text) Create(string name, long organizationId, ApiKeyScope scope = ApiKeyScope.Full)
    {
        var key = new ApiKey(RandomNumberGenerator.GetString(IdAlphabet, IdLength), name, organizationId, scope, time.GetUtcNow(), RevokedAt: null);
        var text = $"{Prefix}{key.Id}.{Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(32))}";
        using var connection = database.Open();
        connection.Execute(
            "INSERT INTO api_keys (id, name, organization_id, scope, hash, created_at) VALUES ($id, $name, $organization, $scope, $hash, $created)",
            transaction: null,
            ("$id", key.Id),
            ("$name", name),
            ("$organization", organizationId),
            ("$scope", scope.Name),
            ("$hash", Hash(text)),
            ("$created", Format(key.CreatedAt)));
        return (key, text);
    }

    public IReadOnlyList<ApiKey> List()
    {
        using var connection = database.Open();
        return connection.Query("SELECT id, name, organization_id, scope, created_at, revoked_at FROM api_keys ORDER BY created_at", Read);
    }

    public bool Any()
    {
        using var connection = database.Open();
        return connection.Query("SELECT 1 FROM api_keys LIMIT 1", static _ => true).Count > 0;
    }

    /// <summary>Ends a key at once; false when there is none of that id that is still valid.</summary>
    public bool Revoke(string id)
    {
        using var connection = database.Open();
        return connection.Execute(
            "UPDATE api_keys SET revoked_at = $now WHERE id = $id AND revoked_at IS NULL", transaction: null, ("$now", Format(time.GetUtcNow())), ("$id", id)) > 0;
    }

    /// <summary>The key that a caller presents, when it is one of ours and still valid.</summary>
    public ApiKey? Authenticate(string? text)
    {
        if (text is null || !text.StartsWith(Prefix, StringComparison.Ordinal) || text.Length is < 23 or > 256 || text[Prefix.Length + IdLength] != '.')
        {
            return null;
        }

        using var connection = database.Open();
        var found = connection.Query(
            "SELECT id, name, organization_id, scope, created_at, revoked_at, hash FROM api_keys WHERE id = $id AND revoked_at IS NULL",
            static row => (Key: Read(row), Hash: row.GetFieldValue<byte[]>(6)),
            transaction: null,
            ("$id", text.Substring(Prefix.Length, IdLength)));
        return found is [var (key, hash)] && CryptographicOperations.FixedTimeEquals(hash, Hash(text)) ? key : null;
    }

    // The secret part has 256 random bits, so one fast hash is enough.
    private static byte[] Hash(string text) => SHA256.HashData(Encoding.UTF8.GetBytes(text));

    private static ApiKey Read(Microsoft.Data.Sqlite.SqliteDataReader row) => new(
        row.GetString(0),
        row.GetString(1),
        row.GetInt64(2),
        // One that a later version knows is good for the least here.
        ApiKeyScope.TryParse(row.GetString(3), out var scope) ? scope.Value : ApiKeyScope.ReadOnly,
        Parse(row.GetString(4)),
        row.IsDBNull(5) ? null : Parse(row.GetString(5)));

    private static string Format(DateTimeOffset value) => value.ToString("O", CultureInfo.InvariantCulture);

    private static DateTimeOffset Parse(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind);
}
