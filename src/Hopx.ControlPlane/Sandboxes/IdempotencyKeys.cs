using System.Security.Cryptography;
using System.Text.Json;
using Hopx.Client;
using Hopx.ControlPlane.ApiKeys;
using Hopx.ControlPlane.State;
using Microsoft.Data.Sqlite;

namespace Hopx.ControlPlane.Sandboxes;

/// <summary>Creates that are asked for more than once: the first makes a sandbox, the others get that one.</summary>
internal sealed class IdempotencyKeys(StateDatabase database, SandboxStore store, TimeProvider time)
{
    private const int LongestKey = 255;

    /// <summary>Keys of one organization that are remembered; the oldest are forgotten first.</summary>
    private const int MostKeys = 10_000;

    private static readonly TimeSpan Lifetime = TimeSpan.FromHours(24);

    private readonly Dictionary<(long, string), Place> _places = [];

    /// <summary>The sandbox of this key, made now if it was not made before.</summary>
    /// <param name="caller">Keys are the organization's own.</param>
    /// <param name="key">As the header says it.</param>
    /// <param name="request">Must be the same each time.</param>
    /// <param name="make">Makes the sandbox; writes what it is given alongside the sandbox's record.</param>
    /// <param name="cancellationToken">The caller's patience with the one before it.</param>
    public async Task<SandboxRecord> OnceAsync(
        Caller caller, string key, CreateSandboxRequest request, Func<Action<SqliteConnection, SqliteTransaction, string>, Task<SandboxRecord>> make, CancellationToken cancellationToken)
    {
        if (key.Length > LongestKey || key.Any(character => character is <= ' ' or > '~'))
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, $"Idempotency-Key has {key.Length} characters or strange ones; it may have {LongestKey} letters, digits and signs of ASCII. A UUID will do.");
        }

        var hash = HashOf(request);
        var place = Take((caller.OrganizationId, key));
        try
        {
            await place.Gate.WaitAsync(cancellationToken);
            try
            {
                return FindMade(caller, key, hash) ?? await make((connection, transaction, sandboxId) => Insert(connection, transaction, caller, key, hash, sandboxId));
            }
            finally
            {
                place.Gate.Release();
            }
        }
        finally
        {
            Leave((caller.OrganizationId, key), place);
        }
    }

    private SandboxRecord? FindMade(Caller caller, string key, byte[] hash)
    {
        using var connection = database.Open();
        var found = connection.Query(
            "SELECT request_hash, sandbox_id FROM idempotency_keys WHERE organization_id = $organization AND key = $key AND created_at >= $oldest",
            static row => (Hash: row.GetFieldValue<byte[]>(0), SandboxId: row.GetString(1)),
            transaction: null,
            ("$organization", caller.OrganizationId),
            ("$key", key),
            ("$oldest", Oldest()));
        if (found is not [var (madeFor, sandboxId)])
        {
            return null;
        }

        if (!hash.AsSpan().SequenceEqual(madeFor))
        {
            throw new HopxException(HopxErrorCode.Conflict, $"Idempotency-Key '{key}' was used for another body. Use a new key for each sandbox.");
        }

        return store.TryFindLiving(sandboxId, out var record)
            ? record
            : throw new HopxException(HopxErrorCode.Conflict, $"Idempotency-Key '{key}' made sandbox '{sandboxId}', which has expired or was deleted. Use a new key for a new one.");
    }

    private void Insert(SqliteConnection connection, SqliteTransaction transaction, Caller caller, string key, byte[] hash, string sandboxId)
    {
        connection.Execute("DELETE FROM idempotency_keys WHERE created_at < $oldest", transaction, ("$oldest", Oldest()));
        connection.Execute(
            """
            DELETE FROM idempotency_keys WHERE organization_id = $organization AND key IN (
                SELECT key FROM idempotency_keys WHERE organization_id = $organization ORDER BY created_at DESC LIMIT -1 OFFSET $kept)
            """,
            transaction,
            ("$organization", caller.OrganizationId),
            ("$kept", MostKeys - 1));
        connection.Execute(
            "INSERT INTO idempotency_keys (organization_id, key, request_hash, sandbox_id, created_at) VALUES ($organization, $key, $hash, $sandbox, $now)",
            transaction,
            ("$organization", caller.OrganizationId),
            ("$key", key),
            ("$hash", hash),
            ("$sandbox", sandboxId),
            ("$now", time.GetUtcNow().ToUnixTimeMilliseconds()));
    }

    private long Oldest() => (time.GetUtcNow() - Lifetime).ToUnixTimeMilliseconds();

    // Of what it says, not of how it is written: a client may order fields as it likes.
    private static byte[] HashOf(CreateSandboxRequest request) => SHA256.HashData(JsonSerializer.SerializeToUtf8Bytes(
        request with { EnvVars = request.EnvVars is { } variables ? new SortedDictionary<string, string>(variables.ToDictionary(), StringComparer.Ordinal) : null },
        HopxJson.Default.CreateSandboxRequest));

    private Place Take((long, string) name)
    {
        lock (_places)
        {
            if (!_places.TryGetValue(name, out var place))
            {
                _places[name] = place = new Place();
            }

            place.Users++;
            return place;
        }
    }

    private void Leave((long, string) name, Place place)
    {
        lock (_places)
        {
            if (--place.Users == 0)
            {
                _places.Remove(name);
            }
        }
    }

    private sealed class Place
    {
        public SemaphoreSlim Gate { get; } = new(1, 1);

        public int Users { get; set; }
    }
}
