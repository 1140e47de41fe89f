using Hopx.Client;
using Microsoft.Data.Sqlite;

namespace Hopx.ControlPlane.State;

/// <summary>The SQLite file with everything that must survive a restart. Several processes may use it at once.</summary>
internal sealed class StateDatabase
{
    /// <summary>Version of the schema below, kept in <c>PRAGMA user_version</c>.</summary>
    private const int SchemaVersion = 1;

    private const string Schema = """
        CREATE TABLE sandboxes (
            id TEXT PRIMARY KEY,
            organization_id INTEGER NOT NULL,
            status TEXT NOT NULL,
            facts TEXT NOT NULL
        ) STRICT;
        CREATE TABLE api_keys (
            id TEXT PRIMARY KEY,
            name TEXT NOT NULL,
            organization_id INTEGER NOT NULL,
            hash BLOB NOT NULL,
            created_at TEXT NOT NULL,
            revoked_at TEXT
        ) STRICT;
        """;

    private readonly string _path;
    private readonly string _connectionString;

    public StateDatabase(string home)
    {
        _path = Path.Combine(home, "state.db");
        _connectionString = new SqliteConnectionStringBuilder { DataSource = _path, Mode = SqliteOpenMode.ReadWriteCreate, DefaultTimeout = 10 }.ToString();
        Prepare();
    }

    public SqliteConnection Open()
    {
        var connection = new SqliteConnection(_connectionString);
        connection.Open();
        return connection;
    }

    private void Prepare()
    {
        try
        {
            using var connection = Open();
            // Keys and facts are nobody else's business.
            File.SetUnixFileMode(_path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            connection.Execute("PRAGMA journal_mode = WAL");
            using var transaction = connection.BeginTransaction(deferred: false);
            switch (connection.Query("PRAGMA user_version", static row => row.GetInt32(0), transaction).Single())
            {
                case 0:
                    connection.Execute(Schema, transaction);
                    connection.Execute($"PRAGMA user_version = {SchemaVersion}", transaction);
                    transaction.Commit();
                    break;
                case SchemaVersion:
                    break;
                case var other:
                    throw new HopxException(
                        HopxErrorCode.InvalidConfiguration,
                        $"The state file '{_path}' has version {other}, made by a newer hopx-mcp; this one knows version {SchemaVersion}. Use the newer program, or another HOPX_HOME.");
            }
        }
        catch (SqliteException failure)
        {
            throw new HopxException(
                HopxErrorCode.InvalidConfiguration,
                $"The state file '{_path}' cannot be used: {failure.Message} Check that HOPX_HOME is writable and the disk is not full, or move a damaged file away.",
                failure);
        }
    }
}
