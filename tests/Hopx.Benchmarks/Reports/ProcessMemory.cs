using System.Globalization;

namespace Hopx.Benchmarks.Reports;

/// <summary>Memory of processes as the kernel counts it.</summary>
/// <param name="ResidentKib">All pages, also those that others share.</param>
/// <param name="ProportionalKib">Shared pages count by their share: sums of this are true.</param>
internal sealed record ProcessMemory(double ResidentKib, double ProportionalKib)
{
    public static ProcessMemory Of(int processId)
    {
        var lines = File.ReadLines($"/proc/{processId}/smaps_rollup").ToList();
        return new ProcessMemory(Read(lines, "Rss:"), Read(lines, "Pss:"));
    }

    /// <summary>All processes of the pid namespace of that one.</summary>
    public static ProcessMemory OfNamespaceOf(int processId)
    {
        var all = ProcessesOfNamespaceOf(processId).Select(Of).ToList();
        return new ProcessMemory(all.Sum(memory => memory.ResidentKib), all.Sum(memory => memory.ProportionalKib));
    }

    public static IReadOnlyList<int> ProcessesOfNamespaceOf(int processId)
    {
        var wanted = NamespaceOf(processId);
        return
        [
            .. Directory.EnumerateDirectories("/proc")
                .Select(directory => int.TryParse(Path.GetFileName(directory), out var id) ? id : 0)
                .Where(id => id > 0 && NamespaceOf(id) == wanted),
        ];
    }

    public static ProcessMemory Average(IReadOnlyCollection<ProcessMemory> all) =>
        new(all.Average(memory => memory.ResidentKib), all.Average(memory => memory.ProportionalKib));

    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{ResidentKib / 1024,6:F1} MiB resident, {ProportionalKib / 1024,6:F1} MiB by share");

    private static string? NamespaceOf(int processId)
    {
        try
        {
            return new FileInfo($"/proc/{processId}/ns/pid").LinkTarget;
        }
        catch (IOException)
        {
            // It ended while the directory was read.
            return null;
        }
    }

    private static double Read(List<string> lines, string field) =>
        double.Parse(lines.First(line => line.StartsWith(field, StringComparison.Ordinal)).Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture);
}
