using Hopx.Client;
using Hopx.ControlPlane.Sandboxes;
using Hopx.ControlPlane.State;
using Hopx.ControlPlane.Tests.Sandboxes.Fakes;
using Hopx.Testing;
using Microsoft.Data.Sqlite;

namespace Hopx.ControlPlane.Tests.Sandboxes;

/// <summary>A state file that takes no changes, such as one on a full disk, one that is locked, and one that is damaged.</summary>
public sealed class BadStateFileTests(PreparedMachine prepared) : IDisposable
{
    private const string Refusal =
        """
        CREATE TRIGGER no_insert BEFORE INSERT ON sandboxes BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END;
        CREATE TRIGGER no_update BEFORE UPDATE ON sandboxes BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END;
        CREATE TRIGGER no_delete BEFORE DELETE ON sandboxes BEGIN SELECT RAISE(ABORT, 'database or disk is full'); END;
        """;

    private readonly TemporaryHome _home = new();

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task A_create_that_cannot_be_written_leaves_nothing()
    {
        await using var plane = await MachinelessPlane.StartAsync(prepared, _home.Path);
        Execute(plane, Refusal);

        await Assert.ThrowsAsync<SqliteException>(() => plane.CreateAsync(key: "k"));

        Assert.Empty(plane.Store.All);
        Assert.Empty(plane.Machine.Sandboxes);
    }

    [Theory]
    [InlineData("", "Pause")]
    [InlineData("Pause", "Resume")]
    [InlineData("", "Stop")]
    [InlineData("Stop", "Start")]
    public async Task A_change_that_cannot_be_written_is_taken_back(string before, string name)
    {
        var operation = Enum.Parse<SandboxOperation>(name);
        await using var plane = await MachinelessPlane.StartAsync(prepared, _home.Path);
        var sandbox = await plane.CreateAsync();
        if (before.Length > 0)
        {
            await plane.DoAsync(Enum.Parse<SandboxOperation>(before), MachinelessPlane.Owner, sandbox.Id);
        }

        Execute(plane, Refusal);
        await Assert.ThrowsAsync<SqliteException>(() => plane.DoAsync(operation, MachinelessPlane.Owner, sandbox.Id));

        plane.AssertAgrees();
        Execute(plane, "DROP TRIGGER no_insert; DROP TRIGGER no_update");
        await plane.DoAsync(operation, MachinelessPlane.Owner, sandbox.Id);
        plane.AssertAgrees();
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_delete_frees_the_disk_also_when_it_cannot_be_written(bool serverDies)
    {
        var machine = new FakeMachine();
        var plane = await MachinelessPlane.StartAsync(prepared, _home.Path, machine);
        var sandbox = await plane.CreateAsync();
        Execute(plane, Refusal);

        await plane.DoAsync(SandboxOperation.Delete, MachinelessPlane.Owner, sandbox.Id);

        Assert.Empty(machine.Sandboxes);
        Assert.Throws<HopxException>(() => plane.Get<SandboxGate>().Find(MachinelessPlane.Owner, sandbox.Id));
        Execute(plane, "DROP TRIGGER no_insert; DROP TRIGGER no_update; DROP TRIGGER no_delete");
        if (serverDies)
        {
            await plane.DisposeAsync();
            plane = await MachinelessPlane.StartAsync(prepared, _home.Path, machine);
        }
        else
        {
            await plane.Get<SandboxReaper>().ReapAsync();
        }

        Assert.Empty(plane.Store.All);
        await plane.DisposeAsync();
    }

    [Fact]
    public async Task A_damaged_row_keeps_the_server_from_starting_and_is_told()
    {
        await using (var plane = await MachinelessPlane.StartAsync(prepared, _home.Path))
        {
            await plane.CreateAsync();
            Execute(plane, "UPDATE sandboxes SET facts = '{\"id\":'");
        }

        var refused = await Assert.ThrowsAsync<HopxException>(() => MachinelessPlane.StartAsync(prepared, _home.Path));

        Assert.Equal(HopxErrorCode.InvalidConfiguration, refused.Code);
        Assert.Contains("state.db", refused.Message, StringComparison.Ordinal);
    }

    private static void Execute(MachinelessPlane plane, string sql)
    {
        using var connection = plane.Get<StateDatabase>().Open();
        connection.Execute(sql);
    }
}
