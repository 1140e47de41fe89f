using System.Globalization;
using Hopx.Client;
using Hopx.ControlPlane.Admission;
using Hopx.ControlPlane.ApiKeys;
using Hopx.ControlPlane.Routing;
using Hopx.ControlPlane.Runtime;
using Hopx.ControlPlane.Setup;
using Hopx.ControlPlane.Templates;
using Microsoft.Extensions.Options;

namespace Hopx.ControlPlane.Sandboxes;

/// <summary>From a record to processes with an agent that answers, on a port.</summary>
internal sealed class SandboxLaunch(
    ISandboxRuntime runtime,
    SandboxAgents agents,
    SandboxPorts ports,
    AgentBinary agentBinary,
    DesktopBinary desktopBinary,
    AgentTokens tokens,
    LaunchGate gate,
    IOptions<ControlPlaneOptions> options,
    SandboxActivity activity,
    TimeProvider time)
{
    /// <summary>What a sandbox of the template may use.</summary>
    public static SandboxResources ResourcesOf(BuiltTemplate template) => ToSandbox(template.Manifest.DefaultResources);

    /// <summary>The same before the template is built.</summary>
    public static SandboxResources ResourcesOf(TemplateRecipe recipe) => ToSandbox(recipe.DefaultResources);

    private static SandboxResources ToSandbox(TemplateResources resources) =>
        new() { Vcpu = resources.Vcpu, MemoryMb = resources.MemoryMb, DiskMb = resources.DiskGb * 1024 };

    /// <summary>All that a sandbox of the template is made with, as text: two that were made with the same are alike. Null while there is no agent.</summary>
    public string? Describe(BuiltTemplate template)
    {
        if (agentBinary.FindOnce() is not { } agent || new FileInfo(agent) is not { Exists: true } file)
        {
            return null;
        }

        var resources = ResourcesOf(template);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{template.Rootfs} {agent} {file.Length} {file.LastWriteTimeUtc.Ticks} {resources.Vcpu} {resources.MemoryMb} {resources.DiskMb} {options.Value.MaxProcesses} {tokens.PublicKey}");
    }

    /// <summary>Starts the sandbox; what is to be taken back if something fails later is left in <paramref name="undo"/>.</summary>
    public async Task<SandboxRecord> RunAsync(SandboxRecord record, BuiltTemplate template, UndoStack undo, CancellationToken cancellationToken)
    {
        using (await gate.EnterAsync(cancellationToken))
        {
            record = record with { Handle = await BootAsync(record, template, isWarm: false, cancellationToken) };
        }

        return Attach(record, undo);
    }

    /// <summary>Starts the sandbox's processes and waits for its agent; the caller has a turn at the gate.</summary>
    /// <param name="record">The sandbox.</param>
    /// <param name="template">What it is made from.</param>
    /// <param name="isWarm">Whether there is time to make it ready for its first code, too.</param>
    /// <param name="cancellationToken">The caller's patience.</param>
    public async Task<SandboxHandle> BootAsync(SandboxRecord record, BuiltTemplate template, bool isWarm, CancellationToken cancellationToken) => await runtime.StartAsync(
        new SandboxStart
        {
            Id = record.Id,
            TemplateRoot = template.Rootfs,
            WorkingDirectory = template.Manifest.WorkingDirectory,
            Environment = template.Manifest.Environment,
            Limits = new SandboxLimits(record.Resources.Vcpu, record.Resources.MemoryMb, record.Resources.DiskMb, options.Value.MaxProcesses),
            Deadline = record.ExpiresAt,
            AgentPath = await agentBinary.EnsureAsync(static _ => { }, cancellationToken),
            DesktopPath = DesktopBinary.IsNeeded(template) ? await desktopBinary.EnsureAsync(static _ => { }, cancellationToken) : null,
            TokenPublicKey = tokens.PublicKey,
            WarmsPython = isWarm,
            AllowsPrivateCallbacks = options.Value.AllowPrivateCallbacks,
        },
        cancellationToken);

    /// <summary>Gives processes that run a port of their own.</summary>
    public SandboxRecord Attach(SandboxRecord record, UndoStack undo)
    {
        var handle = record.Handle!;
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

        return record with { Port = port, StartedAt = time.GetUtcNow() };
    }
}
