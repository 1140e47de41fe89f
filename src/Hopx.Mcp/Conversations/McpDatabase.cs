using System.Globalization;
using Hopx.Client;
using Hopx.Mcp.Hosting;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;

namespace Hopx.Mcp.Conversations;

/// <summary>
/// The file in which the MCP server remembers. Several processes may use it at once, so each change is one statement that names what it expects to find.
/// </summary>
internal sealed class McpDatabase(IOptions<HopxMcpOptions> options) : IDisposable
{
    // A table that was added does not disturb those who do not know it, so it is no new version.
    private const int SchemaVersion = 1;

    private readonly Lock _opening = new();
    private string? _connectionString;

    public string Path { get; } = System.IO.Path.Combine(options.Value.Home, "mcp.db");

    public void Dispose()
    {
        if (_connectionString is not null)
        {
            using var connection = new SqliteConnection(_connectionString);
            SqliteConnection.ClearPool(connection);
        }
    }

    public T Run<T>(Func<SqliteConnection, T> work)
    {
        try
        {
            using var connection = Open();
            return work(connection);
        }
        catch (Exception failure) when (failure is SqliteException or IOException or UnauthorizedAccessException)
        {
            throw new HopxException(
                HopxErrorCode.InvalidConfiguration,
                $"The map of conversations, {Path}, cannot be used: {failure.Message} Set HOPX_HOME to a directory on a local disk that can be written to.",
                failure);
        }
    }

    private SqliteConnection Open()
    {
        lock (_opening)
        {
            _connectionString ??= CreateFile();
        }

        var connection = new SqliteConnection(_connectionString);
        connection.Open();
        return connection;
    }

    private string CreateFile()
    {
        var file = new FileStreamOptions { Mode = FileMode.OpenOrCreate, Access = FileAccess.ReadWrite, Share = FileShare.ReadWrite | FileShare.Delete };
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(options.Value.Home);
        }
        else
        {
            Directory.CreateDirectory(options.Value.Home, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            file.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        // Made by hand, since SQLite would make it readable for all; its side files get the mode of this one.
        new FileStream(Path, file).Dispose();
        var text = new SqliteConnectionStringBuilder { DataSource = Path, Mode = SqliteOpenMode.ReadWrite, DefaultTimeout = 10 }.ToString();
        using var connection = new SqliteConnection(text);
        connection.Open();
        Execute(connection, "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;");
        using var transaction = connection.BeginTransaction(deferred: false);
        using var read = Command(connection, "PRAGMA user_version");
        read.Transaction = transaction;
        var version = Convert.ToInt32(read.ExecuteScalar(), CultureInfo.InvariantCulture);
        if (version > SchemaVersion)
        {
            throw new HopxException(
                HopxErrorCode.InvalidConfiguration,
                $"{Path} was written by a newer version of hopx-mcp (schema {version}; this one knows {SchemaVersion}). Use that version, or another HOPX_HOME.");
        }

        using var create = Command(
            connection,
            $"""
            CREATE TABLE IF NOT EXISTS conversations (
                principal TEXT NOT NULL, conversation TEXT NOT NULL, sandbox_id TEXT NOT NULL,
                created_at INTEGER NOT NULL, last_used_at INTEGER NOT NULL, expires_at INTEGER NOT NULL,
                PRIMARY KEY (principal, conversation)) WITHOUT ROWID;
            CREATE INDEX IF NOT EXISTS conversations_by_sandbox ON conversations (principal, sandbox_id);
            CREATE TABLE IF NOT EXISTS sliding_sandboxes (
                principal TEXT NOT NULL, sandbox_id TEXT NOT NULL, seconds INTEGER NOT NULL, created_at INTEGER NOT NULL,
                PRIMARY KEY (principal, sandbox_id)) WITHOUT ROWID;
            CREATE TABLE IF NOT EXISTS pictures (
                number INTEGER PRIMARY KEY, principal TEXT NOT NULL, sandbox_id TEXT NOT NULL, picture_id TEXT NOT NULL, sent_at INTEGER NOT NULL, picture TEXT NOT NULL);
            CREATE UNIQUE INDEX IF NOT EXISTS pictures_by_sandbox ON pictures (principal, sandbox_id, picture_id);
            CREATE INDEX IF NOT EXISTS pictures_by_age ON pictures (sent_at);
            PRAGMA user_version = {SchemaVersion};
            """);
        create.Transaction = transaction;
        create.ExecuteNonQuery();
        transaction.Commit();
        return text;
    }

    private static void Execute(SqliteConnection connection, string sql)
    {
        using var command = Command(connection, sql);
        command.ExecuteNonQuery();
    }

    // Every statement is a constant of this file; only values vary.
#pragma warning disable CA2100
    public static SqliteCommand Command(SqliteConnection connection, string sql, params ReadOnlySpan<(string Name, object Value)> parameters)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in parameters)
        {
            command.Parameters.AddWithValue(name, value);
        }

        return command;
    }
#pragma warning restore CA2100
}
