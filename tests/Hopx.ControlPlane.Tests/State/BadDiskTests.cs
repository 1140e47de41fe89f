using System.Net;
using System.Text;
using Hopx.Client;
using Hopx.ControlPlane.Sandboxes;
using Hopx.ControlPlane.State;
using Hopx.ControlPlane.Tests.Sandboxes;
using Hopx.ControlPlane.Tests.Sandboxes.Fakes;
using Hopx.Testing;
using Microsoft.Data.Sqlite;

namespace Hopx.ControlPlane.Tests.State;

/// <summary>State files on disks that are full or cannot be written, one that another program keeps for itself, and one with garbage in its midst.</summary>
public sealed class BadDiskTests(PreparedMachine prepared)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task On_a_full_disk_nothing_changes_but_deletes_and_all_goes_on_when_there_is_room_again()
    {
        using var disk = SmallDisk.Mount();
        await using var plane = await MachinelessPlane.StartAsync(prepared, disk.Path, configure: static options => options.MinFreeDiskMib = 0);
        var first = await plane.CreateAsync();
        var second = await plane.CreateAsync();

        disk.Fill();
        // What the file has left over inside is used up first.
        await Assert.ThrowsAsync<SqliteException>(async () =>
        {
            while (true)
            {
                await plane.DoAsync(SandboxOperation.Pause, MachinelessPlane.Owner, first.Id);
                await plane.DoAsync(SandboxOperation.Resume, MachinelessPlane.Owner, first.Id);
            }
        });

        plane.AssertAgrees();
        Assert.Equal(first.Id, plane.Get<SandboxGate>().Find(MachinelessPlane.Owner, first.Id).Id);
        await plane.DoAsync(SandboxOperation.Delete, MachinelessPlane.Owner, second.Id);
        Assert.False(plane.Machine.Sandboxes.ContainsKey(second.Id));

        disk.Free();
        await plane.Get<SandboxReaper>().ReapAsync();
        await plane.CreateAsync();
        Assert.Equal(2, plane.Store.All.Count());
        plane.AssertAgrees();
    }

    [Fact]
    public void A_server_that_starts_on_a_full_disk_says_so()
    {
        using var disk = SmallDisk.Mount();
        disk.Fill();

        var refused = Assert.Throws<HopxException>(() => new StateDatabase(disk.Path));

        Assert.Equal(HopxErrorCode.InvalidConfiguration, refused.Code);
        Assert.Contains("disk is", refused.Message, StringComparison.Ordinal);
        Assert.Contains(Path.Combine(disk.Path, "state.db"), refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_state_file_that_cannot_be_written_is_named_with_what_to_look_at(bool isThere)
    {
        using var disk = SmallDisk.Mount();
        if (isThere)
        {
            _ = new StateDatabase(disk.Path);
            SqliteConnection.ClearAllPools();
        }

        disk.ForbidWriting();

        var file = Assert.Throws<HopxException>(() => new StateDatabase(disk.Path));
        var home = Assert.Throws<HopxException>(() => new HomeDirectory(disk.Path).Prepare());

        Assert.All([file, home], refused =>
        {
            Assert.Equal(HopxErrorCode.InvalidConfiguration, refused.Code);
            Assert.Contains(disk.Path, refused.Message, StringComparison.Ordinal);
            Assert.Contains("HOPX_HOME", refused.Message, StringComparison.Ordinal);
        });
    }

    [Fact]
    public async Task A_file_that_another_program_keeps_locked_refuses_changes_with_when_to_come_back_and_answers_the_rest()
    {
        using var home = new TemporaryHome();
        await prepared.PrepareAsync();
        await using var plane = new RealControlPlane(prepared, home.Path);
        await plane.Client.Sandboxes.ListAsync(cancellationToken: Token);
        using var http = new HttpClient(plane.Embedded.CreateTransport()) { BaseAddress = new Uri("http://localhost") };
        using var other = new SqliteConnection($"Data Source={Path.Combine(home.Path, "state.db")};Pooling=False");
        other.Open();
        other.Execute("BEGIN EXCLUSIVE");

        using var create = await http.PostAsync("/v1/sandboxes", new StringContent("""{"template_name":"base"}""", Encoding.UTF8, "application/json"), Token);
        var body = await create.Content.ReadAsStringAsync(Token);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, create.StatusCode);
        Assert.Contains("state file takes no changes now", body, StringComparison.Ordinal);
        Assert.Contains("locked", body, StringComparison.Ordinal);
        Assert.NotNull(create.Headers.RetryAfter);
        Assert.Empty((await plane.Client.Sandboxes.ListAsync(cancellationToken: Token)).Data!);
        other.Execute("ROLLBACK");
        await plane.Client.Sandboxes.DeleteAsync((await plane.CreateAsync()).Id, Token);
    }

    [Fact]
    public async Task Garbage_in_the_midst_of_the_file_keeps_the_server_from_starting_and_is_left_as_it_is()
    {
        using var home = new TemporaryHome();
        await using (var plane = await MachinelessPlane.StartAsync(prepared, home.Path))
        {
            for (var count = 0; count < 20; count++)
            {
                await plane.CreateAsync();
            }

            using var connection = plane.Get<StateDatabase>().Open();
            connection.Execute("PRAGMA wal_checkpoint(TRUNCATE)");
        }

        var path = Path.Combine(home.Path, "state.db");
        var bytes = await File.ReadAllBytesAsync(path, Token);
        // The first page tells what the file is and stays; the tables lie behind it.
        bytes.AsSpan(4096).Fill(0x5A);
        await File.WriteAllBytesAsync(path, bytes, Token);

        var refused = await Assert.ThrowsAsync<HopxException>(() => MachinelessPlane.StartAsync(prepared, home.Path));

        Assert.Equal(HopxErrorCode.InvalidConfiguration, refused.Code);
        Assert.Contains(path, refused.Message, StringComparison.Ordinal);
        Assert.Contains("malformed", refused.Message, StringComparison.Ordinal);
        Assert.Equal(bytes, await File.ReadAllBytesAsync(path, Token));
    }
}
