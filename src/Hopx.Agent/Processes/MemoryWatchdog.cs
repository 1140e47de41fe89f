using System.Globalization;
using Microsoft.Extensions.Options;

namespace Hopx.Agent;

/// <summary>Holds the sandbox to its memory limit where no cgroup can: looks often, and kills the largest process when all together hold too much.</summary>
internal sealed partial class MemoryWatchdog(IOptions<AgentOptions> options, ActiveRuns active, SpareProcesses spares, ILogger<MemoryWatchdog> logger)
{
    private const int BytesPerMib = 1024 * 1024;

    private int _victim;

    public bool IsEnabled => options.Value is { MemoryWatchdog: true, MemoryLimitBytes: > 0 };

    /// <summary>One look.</summary>
    public void Check()
    {
        if (options.Value.MemoryLimitBytes is not { } limit || IsVictimStillDying())
        {
            return;
        }

        // As the first process, all that there is belongs to the sandbox; elsewhere only what was started here.
        var started = Environment.ProcessId == 1 ? null : active.FindProcesses();
        var sizes = ProcessTable.Read()
            .Where(entry => !entry.IsDead && started?.Contains(entry.Id) is not false)
            .Select(entry => (entry.Id, Bytes: ProcessTable.ReadAnonymousBytes(entry.Id)))
            .ToList();
        if (sizes.Sum(size => size.Bytes) <= limit)
        {
            return;
        }

        // The cheap sum counts pages that forks share more than once; before anything is killed they are divided.
        sizes = [.. sizes.Select(size => (size.Id, ProcessTable.ReadProportionalBytes(size.Id) ?? size.Bytes))];
        // What only waits goes before what works.
        if (sizes.Sum(size => size.Bytes) > limit && !spares.GiveUp())
        {
            KillLargest(sizes, limit);
        }
    }

    private bool IsVictimStillDying() => _victim != 0 && ProcessTable.ReadEntry(_victim) is { IsDead: false };

    private void KillLargest(List<(int Id, long Bytes)> sizes, long limit)
    {
        var (victim, bytes) = sizes.Where(size => size.Id != Environment.ProcessId).OrderByDescending(size => size.Bytes).FirstOrDefault();
        if (victim == 0)
        {
            return;
        }

        // Found before the kill: afterwards the table no longer says whose it was.
        var owner = active.FindByProcess(victim);
        var description = string.Create(
            CultureInfo.InvariantCulture,
            $"Process {victim} ({ProcessTable.ReadName(victim)}, {bytes / BytesPerMib} MiB) was killed: the sandbox's memory limit of {limit / BytesPerMib} MiB was reached.");
        owner?.NoteMemoryKill(description);
        _victim = victim;
        _ = Libc.Kill(victim, Libc.SigKill);
        LogKilled(victim, bytes, limit);
    }

    [LoggerMessage(LogLevel.Warning, "Killed process {ProcessId}, which held {Bytes} bytes: the memory limit of {Limit} bytes was reached.")]
    private partial void LogKilled(int processId, long bytes, long limit);
}
