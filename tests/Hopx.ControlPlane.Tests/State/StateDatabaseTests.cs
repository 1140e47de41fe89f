using Hopx.Client;
using Hopx.ControlPlane.State;

namespace Hopx.ControlPlane.Tests.State;

public sealed class StateDatabaseTests : IDisposable
{
    private readonly TemporaryHome _home = new();

    [Fact]
    public void The_state_file_belongs_to_its_owner_alone()
    {
        _ = new StateDatabase(_home.Path);

        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_home.Path, "state.db")));
    }

    [Fact]
    public void A_file_of_a_newer_version_is_refused_and_left_as_it_is()
    {
        using (var connection = new StateDatabase(_home.Path).Open())
        {
            connection.Execute("PRAGMA user_version = 99");
        }

        var refused = Assert.Throws<HopxException>(() => new StateDatabase(_home.Path));

        Assert.Equal(HopxErrorCode.InvalidConfiguration, refused.Code);
        Assert.Contains("version 99", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_that_is_no_database_is_named_in_the_error()
    {
        var path = Path.Combine(_home.Path, "state.db");
        File.WriteAllText(path, new string('x', 4096));

        var refused = Assert.Throws<HopxException>(() => new StateDatabase(_home.Path));

        Assert.Contains(path, refused.Message, StringComparison.Ordinal);
        Assert.StartsWith("xxxx", File.ReadAllText(path), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_of_an_older_version_is_brought_up_to_date_with_what_it_holds()
    {
        using (var old = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={Path.Combine(_home.Path, "state.db")};Pooling=False"))
        {
            old.Open();
            old.Execute(StateSchema.Steps[0]);
            old.Execute("INSERT INTO api_keys (id, name, organization_id, hash, created_at) VALUES ('AAAAAAAAAAAA', 'old', 3, x'00', '2026-01-05T10:00:00.0000000+00:00')");
            old.Execute("PRAGMA user_version = 1");
        }

        var key = Assert.Single(new ControlPlane.ApiKeys.ApiKeyStore(new StateDatabase(_home.Path), TimeProvider.System).List());

        Assert.Equal(("old", 3, ControlPlane.ApiKeys.ApiKeyScope.Full), (key.Name, key.OrganizationId, key.Scope));
    }

    [Fact]
    public void Only_one_process_at_a_time_holds_the_home()
    {
        using (var first = HomeLock.TryAcquire(_home.Path))
        {
            Assert.NotNull(first);
            Assert.Null(HomeLock.TryAcquire(_home.Path));
        }

        using var next = HomeLock.TryAcquire(_home.Path);
        Assert.NotNull(next);
    }

    public void Dispose() => _home.Dispose();
}
