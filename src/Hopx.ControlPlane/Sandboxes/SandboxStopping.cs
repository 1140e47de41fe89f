using Hopx.Client;
using Hopx.ControlPlane.ApiKeys;
using Hopx.ControlPlane.Routing;
using Hopx.ControlPlane.Runtime;
using Hopx.ControlPlane.Templates;
using Microsoft.Extensions.Logging;

namespace Hopx.ControlPlane.Sandboxes;

/// <summary>Stop and start: the processes end, the files are kept for new ones.</summary>
internal sealed class SandboxStopping(
    SandboxGate gate, SandboxRuntime runtime, SandboxLaunch launch, SandboxAgents agents, SandboxPorts ports, TemplateCatalog templates, ILogger<SandboxStopping> logger)
{
    /// <summary>Ends all processes and keeps the files.</summary>
    public Task<SandboxRecord> StopAsync(Caller caller, string id, CancellationToken cancellationToken) =>
        gate.ChangeAsync(caller, id, async record =>
        {
            SandboxGate.Require(record.Status is SandboxStatus.Stopped || record.Status.CanStop, record, "stopped", "Only a running or paused one can.");
            if (record.Status.CanStop)
            {
                agents.Disconnect(record.Id);
                await runtime.StopAsync(record.Handle!, cancellationToken);
            }

            return record with { Status = SandboxStatus.Stopped, Handle = null };
        }, cancellationToken);

    /// <summary>New processes on the files of a stopped sandbox.</summary>
    public Task<SandboxRecord> StartAsync(Caller caller, string id, CancellationToken cancellationToken) =>
        gate.ChangeAsync(caller, id, async record =>
        {
            SandboxGate.Require(record.Status is SandboxStatus.Running || record.Status.CanStart, record, "started", "Only a stopped one can; resume a paused one.");
            if (!record.Status.CanStart)
            {
                return record;
            }

            var template = await templates.EnsureBuiltAsync(record.TemplateId, progress: null, cancellationToken);
            // What is taken back here are the new processes only: the files were there before.
            await using var undo = new UndoStack(logger);
            ports.Close(record.Id);
            var started = await launch.RunAsync(record, template, undo, cancellationToken);
            undo.Keep();
            return started;
        }, cancellationToken);
}
