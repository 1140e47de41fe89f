using System.Globalization;
using Hopx.Client;
using Hopx.Mcp.Hosting;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Options;

namespace Hopx.Mcp.Conversations;

/// <summary>
/// The stored map from conversations to sandboxes. Several processes may use it at once, so each change is one statement that names what it expects to find.
/// </summary>
internal sealed class ConversationStore(IOptions<HopxMcpOptions> options, TimeProvider time) : IDisposable
{
    private const int SchemaVersion = 1;

    // A last use is written at most so often: reading must not cost a write each time.
    private static readonly TimeSpan TouchInterval = TimeSpan.FromMinutes(1);

    private readonly Lock _opening = new();
    private string? _connectionString;

    public string Path { get; } = System.IO.Path.Combine(options.Value.Home, "mcp.db");

    /// <summary>The sandbox of a conversation, or null; finding it counts as a use.</summary>
    public string? Find(string principal, string conversation) => Run(connection =>
    {
        var now = time.GetUtcNow();
        using var find = Command(
            connection,
            "SELECT sandbox_id, last_used_at FROM conversations WHERE principal = $principal AND conversation = $conversation AND expires_at > $now",
            ("$principal", principal), ("$conversation", conversation), ("$now", now.ToUnixTimeMilliseconds()));
        string sandboxId;
        using (var row = find.ExecuteReader())
        {
            if (!row.Read())
            {
                return null;
            }

            sandboxId = row.GetString(0);
            if (now - DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(1)) < TouchInterval)
            {
                return sandboxId;
            }
        }

        using var touch = Command(
            connection,
            "UPDATE conversations SET last_used_at = $now, expires_at = $expires WHERE principal = $principal AND conversation = $conversation",
            ("$principal", principal), ("$conversation", conversation), ("$now", now.ToUnixTimeMilliseconds()), ("$expires", Expiry(now)));
        touch.ExecuteNonQuery();
        return sandboxId;
    });

    /// <summary>Gives a conversation its sandbox unless it has another one already, and answers with the one it has now.</summary>
    /// <param name="principal">The caller.</param>
    /// <param name="conversation">The conversation's key.</param>
    /// <param name="sandboxId">The new sandbox.</param>
    /// <param name="replacing">A sandbox that is gone and may be replaced.</param>
    public string Claim(string principal, string conversation, string sandboxId, string? replacing) => Run(connection =>
    {
        var now = time.GetUtcNow();
        using var claim = Command(
            connection,
            """
            INSERT INTO conversations (principal, conversation, sandbox_id, created_at, last_used_at, expires_at)
            VALUES ($principal, $conversation, $sandbox, $now, $now, $expires)
            ON CONFLICT (principal, conversation) DO UPDATE SET sandbox_id = $sandbox, created_at = $now, last_used_at = $now, expires_at = $expires
            WHERE sandbox_id = $replacing OR expires_at <= $now
            """,
            ("$principal", principal), ("$conversation", conversation), ("$sandbox", sandboxId), ("$replacing", replacing ?? ""),
            ("$now", now.ToUnixTimeMilliseconds()), ("$expires", Expiry(now)));
        claim.ExecuteNonQuery();
        using var find = Command(
            connection, "SELECT sandbox_id FROM conversations WHERE principal = $principal AND conversation = $conversation", ("$principal", principal), ("$conversation", conversation));

        // Gone again already means that somebody deleted it; then ours is as good as any.
        return find.ExecuteScalar() as string ?? sandboxId;
    });

    /// <summary>Makes a sandbox the one of a conversation, whatever it had before.</summary>
    public void Set(string principal, string conversation, string sandboxId) => Run(connection =>
    {
        var now = time.GetUtcNow();
        using var set = Command(
            connection,
            """
            INSERT INTO conversations (principal, conversation, sandbox_id, created_at, last_used_at, expires_at)
            VALUES ($principal, $conversation, $sandbox, $now, $now, $expires)
            ON CONFLICT (principal, conversation) DO UPDATE SET sandbox_id = $sandbox, created_at = $now, last_used_at = $now, expires_at = $expires
            """,
            ("$principal", principal), ("$conversation", conversation), ("$sandbox", sandboxId), ("$now", now.ToUnixTimeMilliseconds()), ("$expires", Expiry(now)));
        set.ExecuteNonQuery();
        using var sweep = Command(connection, "DELETE FROM conversations WHERE expires_at <= $now", ("$now", now.ToUnixTimeMilliseconds()));
        return sweep.ExecuteNonQuery();
    });

    /// <summary>Forgets a sandbox, and with it the conversations that used it.</summary>
    public void Forget(string principal, string sandboxId) => Run(connection =>
    {
        using var forget = Command(
            connection,
            """
            DELETE FROM conversations WHERE principal = $principal AND sandbox_id = $sandbox;
            DELETE FROM sliding_sandboxes WHERE principal = $principal AND sandbox_id = $sandbox;
            """,
            ("$principal", principal), ("$sandbox", sandboxId));
        return forget.ExecuteNonQuery();
    });

    /// <summary>Remembers that a sandbox's lifetime begins anew while it is used, since nobody asked for a fixed one; null ends that.</summary>
    public void SetSlidingLifetime(string principal, string sandboxId, TimeSpan? lifetime) => Run(connection =>
    {
        using var set = lifetime is { } slides
            ? Command(
                connection,
                "INSERT OR REPLACE INTO sliding_sandboxes (principal, sandbox_id, seconds, created_at) VALUES ($principal, $sandbox, $seconds, $now)",
                ("$principal", principal), ("$sandbox", sandboxId), ("$seconds", (long)slides.TotalSeconds), ("$now", time.GetUtcNow().ToUnixTimeMilliseconds()))
            : Command(
                connection,
                "DELETE FROM sliding_sandboxes WHERE principal = $principal AND sandbox_id = $sandbox",
                ("$principal", principal), ("$sandbox", sandboxId));
        return set.ExecuteNonQuery();
    });

    public TimeSpan? FindSlidingLifetime(string principal, string sandboxId) => Run<TimeSpan?>(connection =>
    {
        using var find = Command(
            connection, "SELECT seconds FROM sliding_sandboxes WHERE principal = $principal AND sandbox_id = $sandbox", ("$principal", principal), ("$sandbox", sandboxId));
        return find.ExecuteScalar() is long seconds ? TimeSpan.FromSeconds(seconds) : null;
    });

    public void Dispose()
    {
        if (_connectionString is not null)
        {
            using var connection = new SqliteConnection(_connectionString);
            SqliteConnection.ClearPool(connection);
        }
    }

    private long Expiry(DateTimeOffset now) => (now + options.Value.ConversationLifetime).ToUnixTimeMilliseconds();

    private T Run<T>(Func<SqliteConnection, T> work)
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
    private static SqliteCommand Command(SqliteConnection connection, string sql, params ReadOnlySpan<(string Name, object Value)> parameters)
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
