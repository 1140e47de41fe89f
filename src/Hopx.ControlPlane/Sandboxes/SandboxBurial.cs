using Hopx.ControlPlane.ApiKeys;
using Hopx.ControlPlane.Routing;
using Hopx.ControlPlane.Runtime;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Hopx.ControlPlane.Sandboxes;

/// <summary>The end of a sandbox: nothing of it is left.</summary>
internal sealed partial class SandboxBurial(
    SandboxGate gate, SandboxStore store, ISandboxRuntime runtime, SandboxAgents agents, SandboxPorts ports, SandboxActivity activity, ILogger<SandboxBurial> logger)
{
    public async Task DeleteAsync(Caller caller, string id, CancellationToken cancellationToken)
    {
        gate.Find(caller, id);
        using var turn = await store.EnterAsync(id, cancellationToken) ?? throw SandboxGate.NotFound(id);
        // From here on it is finished whether or not the caller waits: half a delete is a leak.
        await BuryAsync(gate.Find(caller, id), reason: null);
    }

    /// <summary>Removes all that there is of it; the caller holds its turn.</summary>
    public async Task BuryAsync(SandboxRecord record, string? reason)
    {
        var buried = record.In(SandboxState.Deleted, reason);
        // First in the state file: if the server dies now, the next one goes on with the burial. A file that takes nothing, such as one
        // on a full disk, must not keep a sandbox alive that takes the space: without its files the next server buries it too.
        Write(() => store.Replace(buried), record.Id);
        store.ReplaceInMemory(buried);
        ports.Close(record.Id);
        agents.Disconnect(record.Id);
        activity.Forget(record.Id);
        await runtime.KillAsync(record.Handle ?? runtime.HandleOfRemains(record.Id), CancellationToken.None);
        Write(() => store.Remove(record.Id), record.Id);
    }

    private void Write(Action write, string sandboxId)
    {
        try
        {
            write();
        }
        catch (SqliteException failure)
        {
            LogNotWritten(sandboxId, failure);
        }
    }

    [LoggerMessage(LogLevel.Error, "The end of sandbox {SandboxId} could not be written into the state file; this is tried again.")]
    private partial void LogNotWritten(string sandboxId, Exception exception);
}
