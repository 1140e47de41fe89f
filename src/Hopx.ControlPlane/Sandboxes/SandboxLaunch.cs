using Hopx.ControlPlane.ApiKeys;
using Hopx.ControlPlane.Routing;
using Hopx.ControlPlane.Runtime;
using Hopx.ControlPlane.Setup;
using Hopx.ControlPlane.Templates;
using Microsoft.Extensions.Options;

namespace Hopx.ControlPlane.Sandboxes;

/// <summary>From a record to processes with an agent that answers, on a port.</summary>
internal sealed class SandboxLaunch(
    ISandboxRuntime runtime, SandboxAgents agents, SandboxPorts ports, AgentBinary agentBinary, AgentTokens tokens, IOptions<ControlPlaneOptions> options, SandboxActivity activity, TimeProvider time)
{
    /// <summary>Starts the sandbox; what is to be taken back if something fails later is left in <paramref name="undo"/>.</summary>
    public async Task<SandboxRecord> RunAsync(SandboxRecord record, BuiltTemplate template, UndoStack undo, CancellationToken cancellationToken)
    {
        var handle = await runtime.StartAsync(
            new SandboxStart
            {
                Id = record.Id,
                TemplateRoot = template.Rootfs,
                WorkingDirectory = template.Manifest.WorkingDirectory,
                Environment = template.Manifest.Environment,
                Limits = new SandboxLimits(record.Resources.Vcpu, record.Resources.MemoryMb, record.Resources.DiskMb, options.Value.MaxProcesses),
                Deadline = record.ExpiresAt,
                AgentPath = await agentBinary.EnsureAsync(static _ => { }, cancellationToken),
                TokenPublicKey = tokens.PublicKey,
            },
            cancellationToken);
        var isNew = record.State is SandboxState.Creating;
        undo.Push(async () =>
        {
            agents.Disconnect(record.Id);
            if (isNew)
            {
                await runtime.KillAsync(handle, CancellationToken.None);
            }
            else
            {
                await runtime.StopAsync(handle, CancellationToken.None);
            }
        });
        activity.Touch(record.Id);

        // A stopped one has kept its port.
        var port = record.Port;
        if (!ports.IsOpen(record.Id))
        {
            port = ports.Open(record.Id, record.Port);
            undo.Push(() => ports.Close(record.Id));
        }

        return record with { Handle = handle, Port = port, StartedAt = time.GetUtcNow() };
    }
}
