using Hopx.Client;
using Hopx.ControlPlane.Runtime;

namespace Hopx.ControlPlane.Sandboxes;

/// <summary>A measurement, and what the next one needs of it.</summary>
internal sealed record SandboxSample(SandboxMetrics Metrics, TimeSpan? CpuTime, long At);

/// <summary>What a sandbox does, by its agent, and what it uses, by this machine.</summary>
internal sealed class SandboxMeter(ISandboxRuntime runtime, SandboxAgents agents, SandboxDiskLimit disks, TimeProvider time)
{
    /// <param name="record">The sandbox. Measuring is no use: one that sleeps sleeps on.</param>
    /// <param name="before">The sample before; null for the first.</param>
    /// <param name="cancellationToken">The reader's patience.</param>
    public async Task<SandboxSample> MeasureAsync(SandboxRecord record, SandboxSample? before, CancellationToken cancellationToken)
    {
        var told = record.State is SandboxState.Running ? await agents.ReadMetricsAsync(record, cancellationToken) : null;
        var usage = record.State.HasProcesses ? runtime.MeasureUsage(record.Handle!) : null;
        var at = time.GetTimestamp();
        var metrics = (told ?? KeptOf(before)) with
        {
            UptimeSeconds = told?.UptimeSeconds ?? UptimeOf(record),
            Status = record.Status,
            Timestamp = time.GetUtcNow(),
            CpuPercent = before is { CpuTime: { } earlier } && usage?.CpuTime is { } now && now >= earlier
                ? Math.Round(100 * (now - earlier) / time.GetElapsedTime(before.At, at) / record.Resources.Vcpu, 2)
                : null,
            CpuSeconds = usage?.CpuTime?.TotalSeconds,
            MemoryBytes = usage?.MemoryBytes,
            MemoryLimitBytes = (long)record.Resources.MemoryMb << 20,
            Processes = usage?.Processes,
            DiskBytes = usage?.DiskBytes ?? disks.LastMeasured(record.Id),
            DiskLimitBytes = (long)record.Resources.DiskMb << 20,
            NetworkReceivedBytes = usage?.NetworkReceivedBytes,
            NetworkSentBytes = usage?.NetworkSentBytes,
        };
        return new SandboxSample(metrics, usage?.CpuTime, at);
    }

    // While a sandbox stands still its counters do too.
    private static SandboxMetrics KeptOf(SandboxSample? before) => before?.Metrics ?? new SandboxMetrics();

    private double UptimeOf(SandboxRecord record) =>
        record.State.HasProcesses ? Math.Max(0, Math.Round((time.GetUtcNow() - (record.StartedAt ?? record.CreatedAt)).TotalSeconds, 3)) : 0;
}
