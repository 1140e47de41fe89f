using System.Diagnostics;
using System.Globalization;
using Hopx.Client;
using Hopx.ControlPlane.Runtime;
using Hopx.ControlPlane.Setup;
using Hopx.Testing;

namespace Hopx.ControlPlane.Tests.Runtime;

public sealed class SandboxLifeTests(SandboxWorkshop workshop) : IClassFixture<SandboxWorkshop>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Killing_leaves_nothing_and_can_be_repeated()
    {
        var sandbox = await workshop.StartAsync();
        await SandboxWorkshop.ShellAsync(sandbox, "sleep 1000 >/dev/null 2>&1 & echo");
        Assert.True(SandboxRuntime.IsAlive(sandbox));
        await workshop.KillAsync(sandbox);
        Assert.False(SandboxRuntime.IsAlive(sandbox));
        workshop.AssertGone(sandbox);
        await workshop.KillAsync(sandbox);
    }

    [Fact]
    public async Task Another_server_finds_the_sandbox_by_its_id_alone_and_buries_it()
    {
        var sandbox = await workshop.StartAsync();
        using var later = workshop.NewRuntime();
        Assert.Contains(sandbox.Process!, later.FindRemains().Processes[sandbox.Id]);
        await later.KillAsync(later.HandleOfRemains(sandbox.Id), Token);
        workshop.AssertGone(sandbox);
    }

    [Fact]
    public async Task Sandboxes_take_nothing_of_the_quota_of_keys_that_all_of_them_share()
    {
        var before = KeysOfSandboxes();
        var sandbox = await workshop.StartAsync();
        var after = KeysOfSandboxes();
        await workshop.KillAsync(sandbox);
        Assert.True(after <= before, $"{before} keys before, {after} with a sandbox");
    }

    [Fact]
    public async Task A_sandbox_whose_directory_is_gone_is_found_by_its_processes()
    {
        var sandbox = await workshop.StartAsync();
        Directory.Delete(sandbox.RunDirectory, recursive: true);
        Assert.Contains(sandbox.Process!, workshop.Runtime.FindRemains().Processes[sandbox.Id]);
        await workshop.KillAsync(workshop.Runtime.HandleOfRemains(sandbox.Id));
        workshop.AssertGone(sandbox);
    }

    [Fact]
    public async Task A_sandbox_that_died_by_itself_leaves_only_files_and_they_are_removed()
    {
        var sandbox = await workshop.StartAsync();
        using (var process = Process.GetProcessById(sandbox.Process!.ProcessId))
        {
            process.Kill();
        }

        await TestWait.UntilAsync(() => !SandboxRuntime.IsAlive(sandbox), Token);
        await workshop.KillAsync(sandbox);
        workshop.AssertGone(sandbox);
    }

    [Fact]
    public async Task Stopping_keeps_the_files_and_starting_finds_them()
    {
        var start = workshop.NewStart();
        var sandbox = await workshop.StartAsync(start);
        await SandboxWorkshop.ShellAsync(sandbox, "echo kept >/workspace/file; rm /bin/vi; mkdir -m 0 /closed");
        var stopped = await workshop.Runtime.StopAsync(sandbox, Token);
        Assert.False(SandboxRuntime.IsAlive(sandbox));
        Assert.Null(stopped.Process);

        var again = await workshop.Runtime.StartAsync(start, Token);
        Assert.NotEqual(sandbox.Process, again.Process);
        Assert.Equal("kept", (await SandboxWorkshop.ShellAsync(again, "cat /workspace/file; ls /bin/vi 2>/dev/null")).Output.Trim());
        await workshop.KillAsync(again);
        workshop.AssertGone(again);
    }

    [Fact]
    public async Task A_failed_start_of_a_stopped_sandbox_keeps_its_files()
    {
        var start = workshop.NewStart();
        var sandbox = await workshop.StartAsync(start);
        await SandboxWorkshop.ShellAsync(sandbox, "echo kept >/file");
        await workshop.Runtime.StopAsync(sandbox, Token);
        await Assert.ThrowsAsync<HopxException>(() => workshop.Runtime.StartAsync(start with { AgentPath = "/bin/false" }, Token));
        var again = await workshop.Runtime.StartAsync(start, Token);
        Assert.Equal("kept", (await SandboxWorkshop.ShellAsync(again, "cat /file")).Output.Trim());
        await workshop.KillAsync(again);
    }

    [Fact]
    public async Task What_one_sandbox_writes_no_other_sees()
    {
        var first = await workshop.StartAsync();
        var second = await workshop.StartAsync();
        await SandboxWorkshop.ShellAsync(first, "echo mine >/tmp/mine; echo broken >/etc/passwd");
        Assert.Equal("root", (await SandboxWorkshop.ShellAsync(second, "ls /tmp; head -n 1 /etc/passwd | cut -d: -f1")).Output.Trim());
        await workshop.KillAsync(first);
        await workshop.KillAsync(second);
    }

    [Fact]
    public async Task Pausing_freezes_and_resuming_goes_on_and_a_paused_sandbox_can_be_killed()
    {
        Assert.SkipUnless(workshop.Missing.Length == 0, workshop.Missing);
        Assert.SkipUnless(workshop.Runtime.Machine.ControlGroups.CanFreeze, "No cgroup freezer is usable here.");
        var sandbox = await workshop.StartAsync();
        await workshop.Runtime.PauseAsync(sandbox, Token);
        using (var brief = CancellationTokenSource.CreateLinkedTokenSource(Token))
        {
            brief.CancelAfter(TimeSpan.FromMilliseconds(200));
            await using var stream = await AgentConnector.ConnectAsync(sandbox.RunDirectory, Token);
            await stream.WriteAsync("GET /health HTTP/1.1\r\n\r\n"u8.ToArray(), Token);
            await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await stream.ReadExactlyAsync(new byte[1], brief.Token));
        }

        Assert.True(SandboxRuntime.IsAlive(sandbox));
        await workshop.Runtime.ResumeAsync(sandbox, Token);
        Assert.Equal("on", (await SandboxWorkshop.ShellAsync(sandbox, "echo on")).Output.Trim());
        await workshop.Runtime.PauseAsync(sandbox, Token);
        await workshop.KillAsync(sandbox);
        workshop.AssertGone(sandbox);
    }

    [Fact]
    public async Task Pausing_a_stopped_sandbox_is_refused()
    {
        var sandbox = await workshop.StartAsync();
        var stopped = await workshop.Runtime.StopAsync(sandbox, Token);
        await Assert.ThrowsAsync<HopxException>(() => workshop.Runtime.PauseAsync(stopped, Token));
        await workshop.KillAsync(stopped);
    }

    [Fact]
    public async Task Ten_start_at_once_and_none_is_left()
    {
        Assert.SkipUnless(workshop.Missing.Length == 0, workshop.Missing);
        var sandboxes = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => workshop.StartAsync()));
        Assert.All(await Task.WhenAll(sandboxes.Select(sandbox => SandboxWorkshop.ShellAsync(sandbox, "hostname"))), result => Assert.Equal(0, result.ExitCode));
        await Task.WhenAll(sandboxes.Select(workshop.KillAsync));
        Assert.All(sandboxes, workshop.AssertGone);
    }

    [Fact]
    public async Task A_cancelled_start_leaves_nothing()
    {
        Assert.SkipUnless(workshop.Missing.Length == 0, workshop.Missing);
        foreach (var milliseconds in (int[])[0, 5, 20, 40, 60, 80])
        {
            var start = workshop.NewStart();
            using var cancelled = new CancellationTokenSource(milliseconds);
            try
            {
                await workshop.KillAsync(await workshop.Runtime.StartAsync(start, cancelled.Token));
            }
            catch (OperationCanceledException)
            {
                // Whichever came first: nothing may be left.
            }

            workshop.AssertGone(workshop.Runtime.HandleOfRemains(start.Id));
        }
    }

    [Fact]
    public async Task Trees_that_fight_back_are_removed_and_measured()
    {
        var sandbox = await workshop.StartAsync();
        var (code, output) = await SandboxWorkshop.ShellAsync(
            sandbox,
            """
            cd /tmp
            i=0; while [ $i -lt 1500 ]; do mkdir d && cd -P d 2>/dev/null || break; i=$((i+1)); done
            cd /tmp; mkdir locked; echo x >locked/file; chmod 000 locked; ln -s /proc/1/root loop; touch -- '-rf' "$(printf 'new\nline')"
            echo done
            """);
        Assert.True(code == 0 && output.Contains("done", StringComparison.Ordinal), output);
        var usage = await workshop.Runtime.MeasureDiskAsync(sandbox, Token);
        Assert.InRange(usage.Bytes, 1, 128 << 20);
        await workshop.KillAsync(sandbox);
        workshop.AssertGone(sandbox);
    }

    [Fact]
    public async Task A_link_in_the_place_of_the_agents_socket_leads_nowhere()
    {
        var sandbox = await workshop.StartAsync();
        var socket = Path.Combine(sandbox.RunDirectory, AgentConnector.SocketName);
        var elsewhere = Path.Combine(workshop.Home, "elsewhere.sock");
        File.Move(socket, elsewhere);
        File.CreateSymbolicLink(socket, elsewhere);
        await Assert.ThrowsAsync<System.Net.Sockets.SocketException>(async () => await AgentConnector.ConnectAsync(sandbox.RunDirectory, Token));
        await workshop.KillAsync(sandbox);
    }

    /// <summary>Keys that count against the quotas of those whom the kernel takes for the users in sandboxes.</summary>
    private long KeysOfSandboxes()
    {
        var first = workshop.Runtime.Machine.Ids.FirstUser;
        // "1000000:     2 2/2 2/200 28/20000": the fourth figure is what counts.
        return File.ReadLines("/proc/key-users")
            .Select(line => line.Split([':', ' ', '/'], StringSplitOptions.RemoveEmptyEntries).Select(word => long.Parse(word, CultureInfo.InvariantCulture)).ToArray())
            .Where(figures => figures[0] >= first && figures[0] < first + SubordinateIds.Count)
            .Sum(figures => figures[4]);
    }
}
