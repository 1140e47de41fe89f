using Hopx.Client;
using Hopx.ControlPlane.Routing;
using Hopx.ControlPlane.Runtime;
using Microsoft.Extensions.Logging;

namespace Hopx.ControlPlane.Sandboxes;

/// <summary>After a start of the server: takes over what still runs, takes back what is half made or belongs to nobody.</summary>
internal sealed partial class SandboxAdoption(
    SandboxStore store, SandboxReaper reaper, SandboxBurial burial, SandboxRuntime runtime, SandboxPorts ports, ILogger<SandboxAdoption> logger)
{
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        store.Load();
        foreach (var record in store.All.ToList())
        {
            if (record.Status is SandboxStatus.Creating or SandboxStatus.Deleted)
            {
                LogBuriedHalfMade(record.Id);
                await burial.BuryAsync(record);
            }
            else
            {
                await TakeOverAsync(record);
            }
        }

        foreach (var id in runtime.FindRemains().Ids)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!store.TryFind(id, out _))
            {
                LogBuriedStray(id);
                await runtime.KillAsync(runtime.HandleOfRemains(id), CancellationToken.None);
            }
        }
    }

    private async Task TakeOverAsync(SandboxRecord record)
    {
        await reaper.NoteDeathAsync(record);

        // Dead ones keep their port too, so that whoever calls there is told; one that has expired is buried by now.
        if (store.TryFind(record.Id, out var current))
        {
            var port = ports.Open(record.Id, record.Port);
            store.Replace(current with { Port = port });
            LogTakenOver(record.Id, current.StatusName, port);
        }
    }

    [LoggerMessage(LogLevel.Information, "Sandbox {SandboxId}, {Status}, was taken over on port {Port}.")]
    private partial void LogTakenOver(string sandboxId, string status, int port);

    [LoggerMessage(LogLevel.Information, "Sandbox {SandboxId} was half made or half deleted and was taken back.")]
    private partial void LogBuriedHalfMade(string sandboxId);

    [LoggerMessage(LogLevel.Warning, "Remains of sandbox {SandboxId}, which is in no state file, were removed.")]
    private partial void LogBuriedStray(string sandboxId);
}
