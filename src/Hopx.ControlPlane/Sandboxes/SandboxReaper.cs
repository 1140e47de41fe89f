using Hopx.Client;
using Hopx.ControlPlane.Runtime;
using Microsoft.Extensions.Logging;

namespace Hopx.ControlPlane.Sandboxes;

/// <summary>Buries what has expired and notes what has died.</summary>
internal sealed partial class SandboxReaper(
    SandboxGate gate, SandboxStore store, SandboxBurial burial, SandboxRuntime runtime, SandboxAgents agents, TimeProvider time, ILogger<SandboxReaper> logger)
{
    /// <summary>One round.</summary>
    public async Task ReapAsync()
    {
        var now = time.GetUtcNow();
        foreach (var record in store.All)
        {
            try
            {
                if (record.ExpiresAt <= now)
                {
                    await gate.EnterAsync(record.Id, BuryExpiredAsync);
                }
                else if (record.Status.HasProcesses && !SandboxRuntime.IsAlive(record.Handle!))
                {
                    await gate.EnterAsync(record.Id, NoteDeathAsync);
                }
            }
            catch (Exception failure)
            {
                // One sandbox that cannot be buried must not keep the others alive; the next tick tries again.
                LogReapFailed(record.Id, failure);
            }
        }
    }

    /// <summary>Says of a sandbox without processes that it is one; the caller holds its turn.</summary>
    public async Task NoteDeathAsync(SandboxRecord record)
    {
        if (!record.Status.HasProcesses || SandboxRuntime.IsAlive(record.Handle!))
        {
            return;
        }

        if (record.ExpiresAt <= time.GetUtcNow())
        {
            await BuryExpiredAsync(record);
            return;
        }

        LogDied(record.Id);
        await FailAsync(record, "Its processes are gone; its files are kept.");
    }

    /// <summary>Ends what is left of its processes and says why; the caller holds its turn.</summary>
    public async Task FailAsync(SandboxRecord record, string reason)
    {
        agents.Disconnect(record.Id);
        await runtime.StopAsync(record.Handle!, CancellationToken.None);
        store.Replace(record with { Status = SandboxStatus.Error, StatusReason = reason, Handle = null, UpdatedAt = time.GetUtcNow() });
    }

    private Task BuryExpiredAsync(SandboxRecord record)
    {
        // It may have been given more time while this waited for its turn.
        if (record.ExpiresAt > time.GetUtcNow())
        {
            return Task.CompletedTask;
        }

        LogExpired(record.Id);
        return burial.BuryAsync(record);
    }

    [LoggerMessage(LogLevel.Information, "Sandbox {SandboxId} expired.")]
    private partial void LogExpired(string sandboxId);

    [LoggerMessage(LogLevel.Warning, "The processes of sandbox {SandboxId} are gone; its files are kept until it expires or is deleted.")]
    private partial void LogDied(string sandboxId);

    [LoggerMessage(LogLevel.Error, "Sandbox {SandboxId} could not be reaped; this is tried again.")]
    private partial void LogReapFailed(string sandboxId, Exception exception);
}
