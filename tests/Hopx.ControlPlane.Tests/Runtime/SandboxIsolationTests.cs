using Hopx.ControlPlane.Runtime;

namespace Hopx.ControlPlane.Tests.Runtime;

/// <summary>What the inside of a sandbox looks like, asked from the inside. One sandbox serves all, none of them changes it.</summary>
public sealed class SandboxIsolationTests(SandboxIsolationTests.Running running) : IClassFixture<SandboxIsolationTests.Running>
{
    [Fact]
    public async Task User_0_inside_is_nobody_outside()
    {
        var map = (await ShellAsync("cat /proc/self/uid_map")).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("0", map[0]);
        Assert.NotEqual("0", map[1]);
        Assert.Equal(3, map.Length);

        var owner = File.ReadAllLines($"/proc/{(await running.SandboxAsync()).Process!.ProcessId}/status").Single(line => line.StartsWith("Uid:", StringComparison.Ordinal)).Split('\t')[1];
        Assert.NotEqual("0", owner);
        Assert.NotEqual(HostUserId(), owner);
    }

    [Fact]
    public async Task No_file_of_the_host_is_in_reach()
    {
        var planted = Path.Combine(running.Workshop.Home, "planted");
        await File.WriteAllTextAsync(planted, "secret", TestContext.Current.CancellationToken);
        Assert.Contains("refused", await ShellAsync($"cat \"{planted}\" || echo refused"), StringComparison.Ordinal);
        Assert.DoesNotContain("sandboxes", await ShellAsync("cat /proc/mounts"), StringComparison.Ordinal);
        Assert.Equal("busybox", (await ShellAsync("readlink /proc/1/root/bin/sh || readlink /bin/sh")).Trim());
    }

    [Fact]
    public async Task The_only_network_is_the_loopback_and_it_is_up()
    {
        var interfaces = await ShellAsync("cat /proc/net/dev | tail -n +3 | cut -d: -f1");
        Assert.Equal("lo", interfaces.Trim());
        Assert.Contains("UP", await ShellAsync("ip link show lo"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_its_own_processes_are_visible()
    {
        var commands = await ShellAsync("ps -o pid,args | grep -v -e 'ps -o' -e grep");
        Assert.Contains(" 1 /.hopx/agent", commands, StringComparison.Ordinal);
        Assert.DoesNotContain("dotnet", commands, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Capabilities_are_few_and_no_program_gains_any()
    {
        var status = await ShellAsync("grep -E '^(Cap|NoNewPrivs|Seccomp:)' /proc/self/status");

        // CHOWN DAC_OVERRIDE FOWNER FSETID KILL SETGID SETUID SETPCAP NET_BIND_SERVICE SYS_CHROOT SETFCAP
        Assert.Contains("CapEff:\t00000000800405fb", status, StringComparison.Ordinal);
        Assert.Contains("CapBnd:\t00000000800405fb", status, StringComparison.Ordinal);
        Assert.Contains("NoNewPrivs:\t1", status, StringComparison.Ordinal);
        Assert.Contains("Seccomp:\t2", status, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("mount -t tmpfs none /tmp")]
    [InlineData("umount /proc")]
    [InlineData("unshare -r true")]
    [InlineData("unshare -m true")]
    [InlineData("unshare -n true")]
    [InlineData("nsenter -t 1 -n true")]
    [InlineData("hostname other")]
    [InlineData("! date -s 2020-01-01 2>&1 | grep -q 'not permitted'")]
    [InlineData("mknod /tmp/disk b 7 0")]
    [InlineData("insmod /tmp/x.ko")]
    [InlineData("dmesg")]
    [InlineData("swapon /tmp/x")]
    [InlineData("ip link add dummy0 type dummy")]
    [InlineData("echo 1 > /proc/sys/kernel/panic")]
    [InlineData("echo b > /proc/sysrq-trigger")]
    [InlineData("ping -c 1 -W 1 127.0.0.1")]
    [InlineData("touch /sys/kernel/x")]
    [InlineData("mkdir /sys/fs/cgroup/memory/more")]
    [InlineData("touch /.hopx/run/more")]
    [InlineData("rm /.hopx/run/agent.sock")]
    [InlineData("mv /.hopx/run /elsewhere")]
    [InlineData("echo > /.hopx/agent")]
    [InlineData("cat /proc/1/environ")]
    [InlineData("echo x > /proc/1/fd/1")]
    public async Task What_reaches_past_the_wall_is_refused(string script)
    {
        var (code, output) = await SandboxWorkshop.ShellAsync(await running.SandboxAsync(), $"({script}) 2>&1");
        Assert.True(code != 0, $"It was allowed: {output}");
    }

    [Theory]
    [InlineData("/proc/kcore")]
    [InlineData("/proc/keys")]
    [InlineData("/proc/timer_list")]
    public async Task Files_that_tell_of_the_host_are_masked(string path) =>
        Assert.Equal("0", (await ShellAsync($"cat {path} 2>/dev/null | head -c 100 | wc -c")).Trim());

    [Fact]
    public async Task It_has_a_name_and_can_resolve_it()
    {
        var sandbox = await running.SandboxAsync();
        Assert.Equal(sandbox.Id, (await ShellAsync("hostname")).Trim());
        Assert.Contains($"127.0.1.1 {sandbox.Id}", await ShellAsync("cat /etc/hosts"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Ordinary_work_is_not_hindered()
    {
        var (code, output) = await SandboxWorkshop.ShellAsync(
            await running.SandboxAsync(),
            "set -e; cd /tmp; echo a >b; ln -s b c; mkfifo d; chown 1000:1000 b; chmod 4755 b; mkdir -p e/f; mv e g; rm -r b c d g; su user -c id; echo x >/dev/shm/x; rm /dev/shm/x");
        Assert.True(code == 0, output);
        Assert.Contains("uid=1000", output, StringComparison.Ordinal);
    }

    private static string HostUserId() =>
        File.ReadAllLines("/proc/self/status").Single(line => line.StartsWith("Uid:", StringComparison.Ordinal)).Split('\t')[1];

    private async Task<string> ShellAsync(string script) => (await SandboxWorkshop.ShellAsync(await running.SandboxAsync(), script)).Output;

    public sealed class Running : IAsyncLifetime
    {
        private SandboxHandle? _sandbox;

        public SandboxWorkshop Workshop { get; } = new();

        internal async Task<SandboxHandle> SandboxAsync()
        {
            Assert.SkipUnless(Workshop.Missing.Length == 0, Workshop.Missing);
            return _sandbox ??= await Workshop.StartAsync();
        }

        public ValueTask InitializeAsync() => Workshop.InitializeAsync();

        public ValueTask DisposeAsync() => Workshop.DisposeAsync();
    }
}
