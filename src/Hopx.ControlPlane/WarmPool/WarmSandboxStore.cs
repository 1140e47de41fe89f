using System.Text.Json;
using Hopx.ControlPlane.State;
using Microsoft.Data.Sqlite;

namespace Hopx.ControlPlane.WarmPool;

/// <summary>The rows of sandboxes that are kept ready. A row is there before anything of its sandbox is, and goes in the transaction that makes it somebody's.</summary>
internal sealed class WarmSandboxStore(StateDatabase database)
{
    /// <summary>All rows of a state file.</summary>
    public static IReadOnlyList<WarmSandbox> Read(SqliteConnection connection) => connection.Query(
        "SELECT facts FROM warm_sandboxes",
        static row => JsonSerializer.Deserialize(row.GetString(0), WarmFacts.Default.WarmSandbox) ?? throw new JsonException("A warm sandbox without facts."));

    public IReadOnlyList<WarmSandbox> Load()
    {
        try
        {
            using var connection = database.Open();
            return Read(connection);
        }
        catch (Exception failure) when (failure is SqliteException or JsonException)
        {
            throw database.Unusable(failure);
        }
    }

    public void Save(WarmSandbox sandbox)
    {
        using var connection = database.Open();
        connection.Execute(
            "INSERT INTO warm_sandboxes (id, facts) VALUES ($id, $facts) ON CONFLICT (id) DO UPDATE SET facts = $facts",
            transaction: null,
            ("$id", sandbox.Id),
            ("$facts", JsonSerializer.Serialize(sandbox, WarmFacts.Default.WarmSandbox)));
    }

    public void Remove(string id)
    {
        using var connection = database.Open();
        Remove(connection, transaction: null, id);
    }

    /// <summary>Removes the row in a transaction that has more to do.</summary>
    public static void Remove(SqliteConnection connection, SqliteTransaction? transaction, string id) =>
        connection.Execute("DELETE FROM warm_sandboxes WHERE id = $id", transaction, ("$id", id));
}
