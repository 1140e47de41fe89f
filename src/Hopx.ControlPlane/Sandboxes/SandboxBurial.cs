using Hopx.Client;
using Hopx.ControlPlane.ApiKeys;
using Hopx.ControlPlane.Routing;
using Hopx.ControlPlane.Runtime;

namespace Hopx.ControlPlane.Sandboxes;

/// <summary>The end of a sandbox: nothing of it is left.</summary>
internal sealed class SandboxBurial(SandboxGate gate, SandboxStore store, SandboxRuntime runtime, SandboxAgents agents, SandboxPorts ports)
{
    public async Task DeleteAsync(Caller caller, string id, CancellationToken cancellationToken)
    {
        gate.Find(caller, id);
        using var turn = await store.EnterAsync(id, cancellationToken) ?? throw SandboxGate.NotFound(id);
        // From here on it is finished whether or not the caller waits: half a delete is a leak.
        await BuryAsync(gate.Find(caller, id));
    }

    /// <summary>Removes all that there is of it; the caller holds its turn.</summary>
    public async Task BuryAsync(SandboxRecord record)
    {
        // First in the state file: if the server dies now, the next one goes on with the burial.
        store.Replace(record with { Status = SandboxStatus.Deleted });
        ports.Close(record.Id);
        agents.Disconnect(record.Id);
        await runtime.KillAsync(record.Handle ?? runtime.HandleOfRemains(record.Id), CancellationToken.None);
        store.Remove(record.Id);
    }
}
