using Hopx.ControlPlane.State;
using Microsoft.Data.Sqlite;

namespace Hopx.ControlPlane.Tests.State;

public sealed class StateUpgradeTests : IDisposable
{
    private readonly TemporaryHome _home = new();

    public void Dispose()
    {
        SqliteConnection.ClearAllPools();
        _home.Dispose();
    }

    [Fact]
    public void A_file_of_every_earlier_version_is_upgraded_and_a_copy_of_it_is_kept()
    {
        for (var version = 1; version < StateSchema.Version; version++)
        {
            var home = Directory.CreateDirectory(Path.Combine(_home.Path, $"from-{version}")).FullName;
            WriteVersion(home, version);

            using var upgraded = new StateDatabase(home).Open();

            Assert.Equal(StateSchema.Version, VersionOf(upgraded));
            Assert.Equal(["kept"], upgraded.Query("SELECT id FROM api_keys", static row => row.GetString(0)));
            using var copy = Open(Path.Combine(home, $"state.db.version-{version}"));
            Assert.Equal(version, VersionOf(copy));
            Assert.Equal(["kept"], copy.Query("SELECT id FROM api_keys", static row => row.GetString(0)));
        }
    }

    [Fact]
    public void An_upgrade_that_fails_leaves_the_file_as_it_was()
    {
        WriteVersion(_home.Path, 1);
        using (var connection = Open(Path.Combine(_home.Path, "state.db")))
        {
            // What a later step wants to make is in its way.
            connection.Execute("CREATE TABLE warm_sandboxes (x)");
        }

        Assert.Throws<Hopx.Client.HopxException>(() => new StateDatabase(_home.Path));

        using var after = Open(Path.Combine(_home.Path, "state.db"));
        Assert.Equal(1, VersionOf(after));
        Assert.Empty(after.Query("SELECT name FROM sqlite_master WHERE name = 'events'", static row => row.GetString(0)));
    }

    [Fact]
    public void A_copy_of_a_file_that_is_written_to_is_whole_and_its_owners_alone()
    {
        using var database = new StateDatabase(_home.Path).Open();
        using var writing = database.BeginTransaction();
        database.Execute("INSERT INTO api_keys (id, name, organization_id, hash, created_at) VALUES ('half', 'n', 1, x'00', '')", writing);
        var path = Path.Combine(_home.Path, "copy.db");
        using (var reader = Open(Path.Combine(_home.Path, "state.db")))
        {
            StateDatabase.CopyTo(reader, path);
        }

        writing.Rollback();

        using var copy = Open(path);
        Assert.Equal(["ok"], copy.Query("PRAGMA integrity_check", static row => row.GetString(0)));
        Assert.Empty(copy.Query("SELECT id FROM api_keys", static row => row.GetString(0)));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(path));
    }

    private static int VersionOf(SqliteConnection connection) => connection.Query("PRAGMA user_version", static row => row.GetInt32(0)).Single();

    private static void WriteVersion(string home, int version)
    {
        using var connection = Open(Path.Combine(home, "state.db"));
        foreach (var step in StateSchema.Steps.Take(version))
        {
            connection.Execute(step);
        }

        connection.Execute($"PRAGMA user_version = {version}");
        connection.Execute("INSERT INTO api_keys (id, name, organization_id, hash, created_at) VALUES ('kept', 'n', 1, x'00', '')");
    }

    private static SqliteConnection Open(string path)
    {
        var connection = new SqliteConnection($"Data Source={path};Pooling=False");
        connection.Open();
        return connection;
    }
}
