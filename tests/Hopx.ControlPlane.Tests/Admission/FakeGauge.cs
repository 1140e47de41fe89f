using System.Globalization;
using Hopx.ControlPlane.Admission;

namespace Hopx.ControlPlane.Tests.Admission;

/// <summary>A machine's small files, as the kernel writes them, of a machine that is as large and as busy as a test needs.</summary>
internal sealed class FakeGauge
{
    private readonly string _directory;
    private int _readings;

    public FakeGauge(string directory)
    {
        _directory = directory;
        foreach (var part in new[] { "proc/pressure", "proc/sys/kernel", "memory", "pids" })
        {
            Directory.CreateDirectory(Path.Combine(directory, part));
        }

        SetMemory(totalMib: 8_192, freeMib: 6_000);
        SetPressure(0);
        SetProcesses(most: 32_768, running: 300);
        Gauge = new MachineGauge(Path.Combine(directory, "proc"), GroupsOf, directory);
    }

    /// <summary>How often the machine was looked at.</summary>
    public int Readings => _readings;

    public MachineGauge Gauge { get; }

    public void SetMemory(long totalMib, long freeMib) => Write("proc/meminfo", $"MemTotal:       {totalMib << 10} kB\nMemFree:        1 kB\nMemAvailable:   {freeMib << 10} kB\n");

    public void SetPressure(double share) => Write(
        "proc/pressure/memory", string.Create(CultureInfo.InvariantCulture, $"some avg10={share:0.00} avg60=0.00 avg300=0.00 total=1\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=1\n"));

    public void SetProcesses(long most, long running)
    {
        Write("proc/sys/kernel/threads-max", $"{most * 2}\n");
        Write("proc/sys/kernel/pid_max", $"{most}\n");
        Write("proc/loadavg", $"7.11 5.77 4.01 17/{running} 3107\n");
    }

    private IEnumerable<string> GroupsOf(string controller)
    {
        if (controller is "memory")
        {
            Interlocked.Increment(ref _readings);
        }

        return [Path.Combine(_directory, controller)];
    }

    public void Write(string file, string text) => File.WriteAllText(Path.Combine(_directory, file), text);
}
