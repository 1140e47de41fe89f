using Hopx.Client;
using Microsoft.Data.Sqlite;

namespace Hopx.ControlPlane.State;

/// <summary>The SQLite file with everything that must survive a restart. Several processes may use it at once.</summary>
internal sealed class StateDatabase
{
    /// <summary>Other programs write for milliseconds. Whoever keeps the file for longer keeps all callers waiting behind each other, so that they are told soon.</summary>
    private const int LockPatienceSeconds = 3;

    private readonly string _path;
    private readonly string _connectionString;

    public StateDatabase(string home)
    {
        _path = Path.Combine(home, "state.db");
        _connectionString = new SqliteConnectionStringBuilder { DataSource = _path, Mode = SqliteOpenMode.ReadWriteCreate, DefaultTimeout = LockPatienceSeconds }.ToString();
        Prepare();
    }

    public SqliteConnection Open()
    {
        var connection = new SqliteConnection(_connectionString);
        connection.Open();
        // No wait for the disk at each change: after a kill of the server nothing is lost, and a crash of the machine takes the sandboxes with it anyway.
        connection.Execute("PRAGMA synchronous = NORMAL");
        return connection;
    }

    /// <summary>Why the file cannot be used, and what to do.</summary>
    public HopxException Unusable(Exception failure) => new(
        HopxErrorCode.InvalidConfiguration,
        $"The state file '{_path}' cannot be used: {failure.Message} Check that HOPX_HOME is writable and the disk is not full, or move a damaged file away.",
        failure);

    /// <summary>Copies the file as it is at one moment, also while a server writes to it.</summary>
    /// <param name="connection">To the file.</param>
    /// <param name="path">Where the copy goes; whoever is there already stays.</param>
    public static void CopyTo(SqliteConnection connection, string path)
    {
        // Written aside and renamed, so that a copy is whole or not there; made before it is filled, so that nobody else ever reads it.
        var temporary = $"{path}.{Guid.NewGuid():N}";
        try
        {
            using (new FileStream(temporary, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite }))
            {
            }

            connection.Execute("VACUUM INTO $path", transaction: null, ("$path", temporary));
            File.Move(temporary, path);
        }
        finally
        {
            File.Delete(temporary);
        }
    }

    // Several programs may come to the same file at once; one copy of each version is enough.
    private void BackUpBeforeUpgrade(SqliteConnection connection)
    {
        var version = connection.Query("PRAGMA user_version", static row => row.GetInt32(0)).Single();
        var path = $"{_path}.version-{version}";
        if (version > 0 && version < StateSchema.Version && !File.Exists(path))
        {
            CopyTo(connection, path);
        }
    }

    private void Prepare()
    {
        try
        {
            using var connection = Open();
            // Keys and facts are nobody else's business.
            File.SetUnixFileMode(_path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            connection.Execute("PRAGMA journal_mode = WAL");
            BackUpBeforeUpgrade(connection);
            using var transaction = connection.BeginTransaction(deferred: false);
            var version = connection.Query("PRAGMA user_version", static row => row.GetInt32(0), transaction).Single();
            if (version > StateSchema.Version)
            {
                throw new HopxException(
                    HopxErrorCode.InvalidConfiguration,
                    $"The state file '{_path}' has version {version}, made by a newer hopx-mcp; this one knows version {StateSchema.Version}. Use the newer program, or another HOPX_HOME.");
            }

            foreach (var step in StateSchema.Steps.Skip(version))
            {
                connection.Execute(step, transaction);
            }

            connection.Execute($"PRAGMA user_version = {StateSchema.Version}", transaction);
            transaction.Commit();
        }
        catch (Exception failure) when (failure is SqliteException or IOException or UnauthorizedAccessException)
        {
            throw Unusable(failure);
        }
    }
}
