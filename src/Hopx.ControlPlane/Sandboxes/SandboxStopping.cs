using Hopx.ControlPlane.Admission;
using Hopx.ControlPlane.ApiKeys;
using Hopx.ControlPlane.Runtime;
using Hopx.ControlPlane.Templates;

namespace Hopx.ControlPlane.Sandboxes;

/// <summary>Stop and start: the processes end, the files are kept for new ones.</summary>
internal sealed class SandboxStopping(
    SandboxGate gate, SandboxStore store, SandboxPausing pausing, ISandboxRuntime runtime, SandboxLaunch launch, SandboxAgents agents, SandboxAdmission admission, TemplateCatalog templates)
{
    /// <summary>Ends all processes and keeps the files.</summary>
    public Task<SandboxRecord> StopAsync(Caller caller, string id, CancellationToken cancellationToken) =>
        gate.ChangeAsync(caller, id, SandboxOperation.Stop, EndAsync, cancellationToken);

    /// <summary>Goes on with a stop that a dead server had begun; the caller holds the sandbox's turn.</summary>
    public Task FinishAsync(SandboxRecord record) => gate.ChangeAsync(record, SandboxOperation.Stop, EndAsync);

    /// <summary>New processes on the files of a stopped sandbox.</summary>
    public Task<SandboxRecord> StartAsync(Caller caller, string id, CancellationToken cancellationToken) =>
        gate.ChangeAsync(caller, id, SandboxOperation.Start, async (record, undo) =>
        {
            if (record.State is SandboxState.Asleep)
            {
                return await pausing.ThawAsync(record, undo);
            }

            var template = await templates.EnsureBuiltAsync(record.TemplateId, progress: null, cancellationToken);
            // Stopped it took disk only, and the machine may have filled up meanwhile.
            using var place = admission.Reserve(record.Id, record.Resources);
            // What is taken back here are the new processes only: the files were there before.
            return await launch.RunAsync(record, template, undo, cancellationToken);
        }, cancellationToken);

    private async Task<SandboxRecord> EndAsync(SandboxRecord record, UndoStack undo)
    {
        // Else a server that dies half way would leave what looks like a sandbox that died by itself.
        undo.Push(() => store.Replace(record with { Underway = null }));
        store.Replace(record with { Underway = SandboxOperation.Stop });
        agents.Disconnect(record.Id);
        await runtime.StopAsync(record.Handle!, CancellationToken.None);
        return record with { Handle = null };
    }
}
