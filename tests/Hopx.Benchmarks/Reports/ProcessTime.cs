using System.Globalization;

namespace Hopx.Benchmarks.Reports;

/// <summary>Processor time of processes as the kernel counts it.</summary>
internal static class ProcessTime
{
    private const int UserTimeField = 11;
    private const int SystemTimeField = 12;

    // USER_HZ, which is 100 on every Linux that .NET runs on.
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(10);

    /// <summary>Of all processes that live in the pid namespace of that one.</summary>
    public static TimeSpan OfNamespaceOf(int processId)
    {
        var total = TimeSpan.Zero;
        foreach (var id in ProcessMemory.ProcessesOfNamespaceOf(processId))
        {
            // The name, in brackets, may hold blanks.
            var stat = File.ReadAllText($"/proc/{id}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            total += Tick * (long.Parse(fields[UserTimeField], CultureInfo.InvariantCulture) + long.Parse(fields[SystemTimeField], CultureInfo.InvariantCulture));
        }

        return total;
    }
}
