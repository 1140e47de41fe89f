using Hopx.ControlPlane.Routing;
using Hopx.ControlPlane.Runtime;
using Hopx.ControlPlane.WarmPool;
using Microsoft.Extensions.Logging;

namespace Hopx.ControlPlane.Sandboxes;

/// <summary>
/// After a start of the server: takes over what still runs, takes back what is half made, removes what belongs to nobody.
/// The state file says what was promised; the machine is made to agree with it.
/// </summary>
internal sealed partial class SandboxAdoption(
    SandboxStore store,
    SandboxReaper reaper,
    SandboxBurial burial,
    SandboxStopping stopping,
    SandboxPausing pausing,
    ISandboxRuntime runtime,
    SandboxPorts ports,
    WarmSandboxPool pool,
    ILogger<SandboxAdoption> logger)
{
    private const int AtOnce = 8;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        store.Load();
        var remains = runtime.FindRemains();
        var known = new ParallelOptions { MaxDegreeOfParallelism = AtOnce, CancellationToken = cancellationToken };
        await Parallel.ForEachAsync(store.All.ToList(), known, async (record, _) => await TryAsync(record.Id, () => DecideAsync(record, remains)));
        await pool.AdoptAsync(cancellationToken);
        foreach (var id in remains.Ids)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!store.TryFind(id, out _) && !pool.Holds(id))
            {
                LogBuriedStray(id);
                await TryAsync(id, () => runtime.KillAsync(runtime.HandleOfRemains(id), CancellationToken.None));
            }
        }
    }

    private async Task DecideAsync(SandboxRecord record, SandboxRemains remains)
    {
        if (record.State is SandboxState.Creating or SandboxState.Deleted)
        {
            LogBuriedHalfMade(record.Id);
            await burial.BuryAsync(record, "The server ended while it was being made or deleted.");
            return;
        }

        if (store.DeadlineOf(record.Id)?.HasPassed is true)
        {
            await reaper.BuryExpiredAsync(record);
            return;
        }

        if (!runtime.HasFiles(record.Id))
        {
            LogBuriedEmpty(record.Id);
            await burial.BuryAsync(record, "Its files are gone.");
            return;
        }

        // All keep their port, so that whoever calls a dead one there is told; and its number, where that can be had.
        var port = ports.Open(record.Id, record.Port);
        record = store.Replace(record with { Port = port });
        if (!record.State.HasProcesses)
        {
            // A start that was not finished.
            if (remains.Has(record.Id))
            {
                await runtime.StopAsync(runtime.HandleOfRemains(record.Id), CancellationToken.None);
            }
        }
        else if (record.Underway is SandboxOperation.Stop)
        {
            await stopping.FinishAsync(record);
        }
        else if (!runtime.IsAlive(record.Handle!))
        {
            await reaper.NoteDeathAsync(record);
        }
        else
        {
            await pausing.SettleAsync(record);
        }

        LogTakenOver(record.Id, record.StatusName, port);
    }

    // One that resists must not keep the server, and all others, from starting; the reaper tries again.
    private async Task TryAsync(string id, Func<Task> step)
    {
        try
        {
            await step();
        }
        catch (Exception failure) when (failure is not OperationCanceledException)
        {
            LogFailed(id, failure);
        }
    }

    [LoggerMessage(LogLevel.Information, "Sandbox {SandboxId}, {Status}, was taken over on port {Port}.")]
    private partial void LogTakenOver(string sandboxId, string status, int port);

    [LoggerMessage(LogLevel.Information, "Sandbox {SandboxId} was half made or half deleted and was taken back.")]
    private partial void LogBuriedHalfMade(string sandboxId);

    [LoggerMessage(LogLevel.Warning, "Sandbox {SandboxId} has no files any more and was forgotten.")]
    private partial void LogBuriedEmpty(string sandboxId);

    [LoggerMessage(LogLevel.Warning, "Remains of sandbox {SandboxId}, which is in no state file, were removed.")]
    private partial void LogBuriedStray(string sandboxId);

    [LoggerMessage(LogLevel.Error, "Sandbox {SandboxId} could not be taken over or removed; this is tried again.")]
    private partial void LogFailed(string sandboxId, Exception exception);
}
