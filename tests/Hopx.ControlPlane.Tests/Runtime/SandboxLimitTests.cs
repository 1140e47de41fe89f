using System.Globalization;
using Hopx.ControlPlane.Runtime;

namespace Hopx.ControlPlane.Tests.Runtime;

public sealed class SandboxLimitTests(SandboxWorkshop workshop) : IClassFixture<SandboxWorkshop>
{
    [Fact]
    public async Task A_fork_bomb_ends_at_the_limit_and_the_sandbox_answers_again()
    {
        var sandbox = await workshop.StartAsync();
        await SandboxWorkshop.ShellAsync(sandbox, "(i=0; while [ $i -lt 400 ]; do sleep 60 & i=$((i+1)); done) >/dev/null 2>&1 &");
        var count = workshop.Runtime.FindRemains().Processes[sandbox.Id].Count;
        Assert.InRange(count, 1, 101);
        await workshop.KillAsync(sandbox);
        workshop.AssertGone(sandbox);
    }

    [Fact]
    public async Task A_memory_hog_is_stopped_and_the_sandbox_goes_on()
    {
        var sandbox = await workshop.StartAsync();
        var (code, output) = await SandboxWorkshop.ShellAsync(sandbox, "awk 'BEGIN { s = \"0123456789abcdef\"; while (length(s) < 2000000000) s = s s; print length(s) }'");
        Assert.NotEqual(0, code);
        Assert.DoesNotContain("2147483648", output, StringComparison.Ordinal);
        Assert.Equal("alive", (await SandboxWorkshop.ShellAsync(sandbox, "echo alive")).Output.Trim());
        await workshop.KillAsync(sandbox);
    }

    [Fact]
    public async Task A_disk_filler_is_stopped_at_the_limit()
    {
        var sandbox = await workshop.StartAsync();
        var (_, output) = await SandboxWorkshop.ShellAsync(sandbox, "dd if=/dev/zero of=/big bs=1M count=400; stat -c %s /big");
        Assert.InRange(long.Parse(output.Trim().Split('\n')[^1], CultureInfo.InvariantCulture), 1 << 20, 128 << 20);
        var usage = await workshop.Runtime.MeasureDiskAsync(sandbox, TestContext.Current.CancellationToken);
        Assert.InRange(usage.Bytes, 100 << 20, 160 << 20);

        await SandboxWorkshop.ShellAsync(sandbox, "rm /big; sync");
        Assert.Equal("ok", (await SandboxWorkshop.ShellAsync(sandbox, "echo ok >/file && cat /file")).Output.Trim());
        await workshop.KillAsync(sandbox);
        workshop.AssertGone(sandbox);
    }

    [Fact]
    public async Task The_handle_tells_how_each_limit_is_held_and_survives_the_store()
    {
        var sandbox = await workshop.StartAsync();
        Assert.Equal(workshop.Runtime.Machine.Enforcement, sandbox.Enforcement);
        var json = System.Text.Json.JsonSerializer.Serialize(sandbox, OciJson.Default.SandboxHandle);
        Assert.Equal(sandbox, System.Text.Json.JsonSerializer.Deserialize(json, OciJson.Default.SandboxHandle));
        await workshop.KillAsync(sandbox);
    }

    [Fact]
    public async Task Processor_time_is_limited_to_the_number_of_virtual_processors()
    {
        Assert.SkipUnless(workshop.Runtime.Machine.Enforcement.Cpu is EnforcedBy.Kernel, "No cpu controller is usable here.");
        var sandbox = await workshop.StartAsync(workshop.NewStart() with { Limits = new SandboxLimits(VirtualCpus: 2, MemoryMib: 256, DiskMib: 128) });
        var quotas = Directory.EnumerateFiles("/sys/fs/cgroup", "cpu.*", SearchOption.AllDirectories)
            .Where(file => Path.GetFileName(Path.GetDirectoryName(file)) == sandbox.Id && Path.GetFileName(file) is ("cpu.cfs_quota_us" or "cpu.max"))
            .Select(File.ReadAllText);
        Assert.StartsWith("200000", Assert.Single(quotas), StringComparison.Ordinal);
        await workshop.KillAsync(sandbox);
    }
}
