using Hopx.ControlPlane.Runtime;
using Microsoft.Extensions.Logging;

namespace Hopx.ControlPlane.Sandboxes;

/// <summary>Buries what has expired and notes what has died.</summary>
internal sealed partial class SandboxReaper(
    SandboxGate gate, SandboxStore store, SandboxBurial burial, ISandboxRuntime runtime, SandboxAgents agents, ILogger<SandboxReaper> logger)
{
    // Burials wait for processes and disks; one that takes long must not hold up the others.
    private const int AtOnce = 8;

    /// <summary>Beyond this the wall clock was set, it did not just drift.</summary>
    private static readonly TimeSpan ClockStep = TimeSpan.FromSeconds(2);

    /// <summary>One round. A sandbox that is being changed is left to the next one.</summary>
    public Task ReapAsync() => Parallel.ForEachAsync(
        store.All.Where(IsDue).ToList(),
        new ParallelOptions { MaxDegreeOfParallelism = AtOnce },
        async (record, _) =>
        {
            try
            {
                await gate.TryEnterAsync(record.Id, ReapAsync);
            }
            catch (Exception failure)
            {
                // One sandbox that cannot be buried must not keep the others alive; the next tick tries again.
                LogReapFailed(record.Id, failure);
            }
        });

    /// <summary>Says of a sandbox whose processes are gone that it failed; the caller holds its turn.</summary>
    public Task NoteDeathAsync(SandboxRecord record)
    {
        LogDied(record.Id);
        return FailAsync(record, "Its processes are gone; its files are kept.");
    }

    /// <summary>Ends what is left of its processes and says why; the caller holds its turn.</summary>
    public Task FailAsync(SandboxRecord record, string reason) => gate.ChangeAsync(
        record,
        SandboxOperation.Fail,
        async (current, _) =>
        {
            agents.Disconnect(current.Id);
            await runtime.StopAsync(current.Handle!, CancellationToken.None);
            return current with { Handle = null };
        },
        reason);

    /// <summary>Ends a sandbox whose time is over; the caller holds its turn.</summary>
    public Task BuryExpiredAsync(SandboxRecord record)
    {
        LogExpired(record.Id);
        return burial.BuryAsync(record, "Its time was over.");
    }

    // One that is being made or deleted has its turn taken; without that, half of it was left behind.
    private bool IsDue(SandboxRecord record) =>
        record.State is SandboxState.Creating or SandboxState.Deleted || HasExpired(record) || IsDead(record) || HasMovedDeadline(record);

    private async Task ReapAsync(SandboxRecord record)
    {
        // Looked at again, since it may have been given more time or started anew before this got its turn.
        if (record.State is SandboxState.Creating or SandboxState.Deleted)
        {
            await burial.BuryAsync(record, record.StatusReason);
        }
        else if (HasExpired(record))
        {
            await BuryExpiredAsync(record);
        }
        else if (IsDead(record))
        {
            await NoteDeathAsync(record);
        }
        else if (HasMovedDeadline(record))
        {
            var deadline = store.DeadlineOf(record.Id)!;
            LogClockStep(record.Id, deadline.At, deadline.Now);
            store.Replace(record with { ExpiresAt = deadline.Now }, SandboxOperation.Extend);
        }
    }

    private bool HasExpired(SandboxRecord record) => store.DeadlineOf(record.Id)?.HasPassed is true;

    private bool IsDead(SandboxRecord record) => record.State.HasProcesses && !runtime.IsAlive(record.Handle!);

    // What callers read, and the next server, is the wall clock: after a step it tells the same end by the new time.
    private bool HasMovedDeadline(SandboxRecord record) => store.DeadlineOf(record.Id) is { } deadline && (deadline.Now - deadline.At).Duration() > ClockStep;

    [LoggerMessage(LogLevel.Information, "Sandbox {SandboxId} expired.")]
    private partial void LogExpired(string sandboxId);

    [LoggerMessage(LogLevel.Warning, "The processes of sandbox {SandboxId} are gone; its files are kept until it expires or is deleted.")]
    private partial void LogDied(string sandboxId);

    [LoggerMessage(LogLevel.Warning, "The machine's clock was set: the end of sandbox {SandboxId}, {Before}, is {After} now.")]
    private partial void LogClockStep(string sandboxId, DateTimeOffset before, DateTimeOffset after);

    [LoggerMessage(LogLevel.Error, "Sandbox {SandboxId} could not be reaped; this is tried again.")]
    private partial void LogReapFailed(string sandboxId, Exception exception);
}
