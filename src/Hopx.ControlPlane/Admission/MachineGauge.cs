using System.Globalization;
using Hopx.ControlPlane.Runtime;
using Hopx.ControlPlane.State;

namespace Hopx.ControlPlane.Admission;

/// <summary>Reads what the machine has and what is free: a few small files of the kernel's, so that every create can ask.</summary>
/// <param name="proc">Where the kernel tells about processes and memory.</param>
/// <param name="groups">The cgroups above those of the sandboxes, by controller: what they may use together.</param>
/// <param name="home">The directory that holds the sandboxes.</param>
internal sealed class MachineGauge(string proc, Func<string, IEnumerable<string>> groups, string home)
{
    /// <summary>Version 1 says "no limit" as the largest number of whole pages.</summary>
    private const long Unlimited = 1L << 60;

    public static MachineGauge OfThisMachine(SandboxRuntime runtime, HomeDirectory home) =>
        new("/proc", controller => runtime.Machine.ControlGroups.DirectoriesAbove(controller), home.Path);

    public MachineState Read()
    {
        var meminfo = ReadLines(Path.Combine(proc, "meminfo"));
        var memory = KibibytesOf(meminfo, "MemTotal:") << 10;
        var free = KibibytesOf(meminfo, "MemAvailable:") << 10;
        foreach (var group in groups("memory"))
        {
            if ((ReadNumber(group, "memory.max") ?? ReadNumber(group, "memory.limit_in_bytes")) is { } limit and < Unlimited)
            {
                var used = ReadNumber(group, "memory.current") ?? ReadNumber(group, "memory.usage_in_bytes") ?? 0;
                // Pages of files count as used and are given up when they are needed.
                var cached = ReadLines(Path.Combine(group, "memory.stat"))
                    .Where(line => line.StartsWith("inactive_file ", StringComparison.Ordinal)).Select(line => ParseNumber(line["inactive_file ".Length..]) ?? 0).FirstOrDefault();
                memory = Math.Min(memory, limit);
                free = Math.Min(free, Math.Max(0, limit - used + cached));
            }
        }

        var processes = Math.Min(ReadNumber(proc, "sys/kernel/threads-max") ?? long.MaxValue, ReadNumber(proc, "sys/kernel/pid_max") ?? long.MaxValue);
        var freeProcesses = Math.Max(0, processes - CountTasks());
        foreach (var group in groups("pids"))
        {
            if (ReadNumber(group, "pids.max") is { } limit)
            {
                processes = Math.Min(processes, limit);
                freeProcesses = Math.Min(freeProcesses, Math.Max(0, limit - (ReadNumber(group, "pids.current") ?? 0)));
            }
        }

        return new MachineState(memory, free, ReadPressure(), processes, freeProcesses, FreeDisk());
    }

    private double? ReadPressure()
    {
        // some avg10=0.00 avg60=0.00 avg300=0.00 total=4243547
        var some = ReadLines(Path.Combine(proc, "pressure", "memory")).FirstOrDefault(line => line.StartsWith("some avg10=", StringComparison.Ordinal));
        return some is not null && double.TryParse(some.AsSpan("some avg10=".Length, some.IndexOf(" avg60", StringComparison.Ordinal) - "some avg10=".Length), CultureInfo.InvariantCulture, out var share) ? share : null;
    }

    // 7.11 5.77 4.01 17/372 3107: the second number of the fourth field is how many there are.
    private long CountTasks() =>
        ReadLines(Path.Combine(proc, "loadavg")) is [var line, ..] && line.Split(' ') is [_, _, _, var tasks, ..] && tasks.Split('/') is [_, var all] ? ParseNumber(all) ?? 0 : 0;

    private long FreeDisk()
    {
        try
        {
            return new DriveInfo(home).AvailableFreeSpace;
        }
        catch (Exception unknown) when (unknown is IOException or UnauthorizedAccessException)
        {
            // Said by nobody: writing will tell.
            return long.MaxValue;
        }
    }

    private static long KibibytesOf(string[] meminfo, string name) =>
        meminfo.FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal)) is { } line
            ? ParseNumber(line[name.Length..].Replace("kB", "", StringComparison.Ordinal)) ?? 0
            : 0;

    private static long? ReadNumber(string directory, string file) => ReadLines(Path.Combine(directory, file)) is [var line, ..] ? ParseNumber(line) : null;

    // "max" is no number.
    private static long? ParseNumber(string text) => long.TryParse(text.AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static string[] ReadLines(string file)
    {
        try
        {
            return File.ReadAllLines(file);
        }
        catch (Exception missing) when (missing is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
