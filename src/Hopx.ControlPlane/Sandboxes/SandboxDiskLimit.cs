using System.Collections.Concurrent;
using Hopx.ControlPlane.Runtime;
using Microsoft.Extensions.Logging;

namespace Hopx.ControlPlane.Sandboxes;

/// <summary>Holds sandboxes to their disk, where the kernel does not see to that.</summary>
internal sealed partial class SandboxDiskLimit(
    SandboxGate gate, SandboxStore store, SandboxReaper reaper, ISandboxRuntime runtime, ILogger<SandboxDiskLimit> logger)
{
    private readonly ConcurrentDictionary<string, long> _measured = new(StringComparer.Ordinal);

    /// <summary>What the last sweep found; null where the kernel sees to the limit, so that nothing is swept.</summary>
    public long? LastMeasured(string sandboxId) => _measured.TryGetValue(sandboxId, out var bytes) ? bytes : null;

    /// <summary>One round: stops what takes more than it may.</summary>
    public async Task SweepAsync()
    {
        foreach (var gone in _measured.Keys.Where(id => !store.TryFind(id, out _)))
        {
            _measured.TryRemove(gone, out _);
        }

        foreach (var record in store.All.Where(record => record.State.HasProcesses))
        {
            try
            {
                if (record.Handle!.Enforcement?.Disk is EnforcedBy.Kernel)
                {
                    runtime.TrimLog(record.Handle);
                }
                else
                {
                    await gate.TryEnterAsync(record.Id, HoldAsync);
                }
            }
            catch (Exception failure)
            {
                // The next tick tries again.
                LogSweepFailed(record.Id, failure);
            }
        }
    }

    private async Task HoldAsync(SandboxRecord record)
    {
        if (!record.State.HasProcesses)
        {
            return;
        }

        var limits = record.Resources;
        var usage = await runtime.MeasureDiskAsync(record.Handle!, CancellationToken.None);
        _measured[record.Id] = usage.Bytes;
        if (usage.Bytes > (long)limits.DiskMb << 20)
        {
            LogDiskFull(record.Id, usage.Bytes, limits.DiskMb);
            await reaper.FailAsync(record, $"It was stopped because it took more than its {limits.DiskMb} MiB of disk; its files are kept.");
        }
    }

    [LoggerMessage(LogLevel.Warning, "Sandbox {SandboxId} took {Bytes} bytes of disk, more than its {LimitMib} MiB, and was stopped.")]
    private partial void LogDiskFull(string sandboxId, long bytes, int limitMib);

    [LoggerMessage(LogLevel.Error, "The disk of sandbox {SandboxId} could not be measured; this is tried again.")]
    private partial void LogSweepFailed(string sandboxId, Exception exception);
}
