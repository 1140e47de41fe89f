namespace Hopx.ControlPlane.Tests.Admission;

public sealed class MachineGaugeTests : IDisposable
{
    private readonly TemporaryHome _home = new();
    private readonly FakeGauge _fake;

    public MachineGaugeTests() => _fake = new FakeGauge(_home.Path);

    public void Dispose() => _home.Dispose();

    [Fact]
    public void Without_limits_the_machine_is_what_the_kernel_says()
    {
        _fake.SetPressure(12.5);

        var state = _fake.Gauge.Read();

        Assert.Equal((8_192L << 20, 6_000L << 20), (state.MemoryBytes, state.FreeMemoryBytes));
        Assert.Equal(12.5, state.MemoryPressure);
        Assert.Equal((32_768, 32_468), (state.Processes, state.FreeProcesses));
        Assert.True(state.FreeDiskBytes > 0);
    }

    [Theory]
    [InlineData("memory.max", "memory.current")]
    [InlineData("memory.limit_in_bytes", "memory.usage_in_bytes")]
    public void A_cgroup_that_holds_sandboxes_to_less_counts_and_its_cached_files_are_free(string limit, string usage)
    {
        _fake.Write($"memory/{limit}", $"{2L << 30}\n");
        _fake.Write($"memory/{usage}", $"{1L << 30}\n");
        _fake.Write("memory/memory.stat", $"anon 5\ninactive_file {512L << 20}\n");
        _fake.Write("pids/pids.max", "1000\n");
        _fake.Write("pids/pids.current", "400\n");

        var state = _fake.Gauge.Read();

        Assert.Equal((2L << 30, 1536L << 20), (state.MemoryBytes, state.FreeMemoryBytes));
        Assert.Equal((1_000, 600), (state.Processes, state.FreeProcesses));
    }

    [Theory]
    [InlineData("memory.max", "max")]
    [InlineData("memory.limit_in_bytes", "9223372036854771712")]
    public void A_cgroup_without_a_limit_changes_nothing(string file, string text)
    {
        _fake.Write($"memory/{file}", text + "\n");
        _fake.Write("pids/pids.max", "max\n");

        var state = _fake.Gauge.Read();

        Assert.Equal((8_192L << 20, 6_000L << 20, 32_768L), (state.MemoryBytes, state.FreeMemoryBytes, state.Processes));
    }

    [Fact]
    public void A_kernel_that_counts_no_pressure_has_none_to_tell()
    {
        _fake.Write("proc/pressure/memory", "");

        Assert.Null(_fake.Gauge.Read().MemoryPressure);
    }
}
