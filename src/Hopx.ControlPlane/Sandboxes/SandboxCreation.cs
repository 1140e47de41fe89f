using Hopx.Client;
using Hopx.ControlPlane.ApiKeys;
using Hopx.ControlPlane.Runtime;
using Hopx.ControlPlane.Templates;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Hopx.ControlPlane.Sandboxes;

/// <summary>Makes sandboxes, each one whole or not at all.</summary>
internal sealed partial class SandboxCreation(
    SandboxStore store,
    SandboxLaunch launch,
    SandboxLifetimes lifetimes,
    SandboxAgents agents,
    TemplateCatalog templates,
    IOptions<ControlPlaneOptions> options,
    TimeProvider time,
    ILogger<SandboxCreation> logger)
{
    /// <summary>Makes a sandbox; returns when its agent answers.</summary>
    public async Task<SandboxRecord> CreateAsync(Caller caller, CreateSandboxRequest request, CancellationToken cancellationToken)
    {
        var lifetime = lifetimes.Check(request.TimeoutSeconds);
        if (request.Region is { Length: > 0 } region && region != options.Value.Region)
        {
            throw new HopxException(
                HopxErrorCode.InvalidRequest, $"Unknown region '{region}'; this server has '{options.Value.Region}'. Leave region out, or name that one.");
        }

        var name = request.TemplateId ?? request.TemplateName
            ?? throw new HopxException(HopxErrorCode.InvalidRequest, "One of template_id and template_name is required. GET /v1/templates lists them.");
        var template = await templates.EnsureBuiltAsync(name, progress: null, cancellationToken);
        var now = time.GetUtcNow();
        var record = new SandboxRecord
        {
            Id = SandboxId.New(now),
            OrganizationId = caller.OrganizationId,
            Status = SandboxStatus.Creating,
            TemplateId = template.Manifest.Id,
            TemplateName = template.Manifest.Name,
            Resources = ResourcesOf(template),
            TimeoutSeconds = (long?)lifetime?.TotalSeconds,
            ExpiresAt = now + lifetime,
            CreatedAt = now,
            UpdatedAt = now,
        };

        store.Add(record, options.Value.MaxSandboxes);
        using var turn = await store.EnterAsync(record.Id, cancellationToken);
        await using var undo = new UndoStack(logger);
        undo.Push(() => store.Remove(record.Id));
        record = await launch.RunAsync(record, template, undo, cancellationToken);
        if (request.EnvVars is { Count: > 0 } variables)
        {
            await agents.SetEnvironmentAsync(record, variables, cancellationToken);
        }

        record = store.Replace(record);
        undo.Keep();
        LogCreated(record.Id, record.TemplateName, record.Handle!.Process!.ProcessId);
        return record;
    }

    private static SandboxResources ResourcesOf(BuiltTemplate template)
    {
        var resources = template.Manifest.DefaultResources;
        return new SandboxResources { Vcpu = resources.Vcpu, MemoryMb = resources.MemoryMb, DiskMb = resources.DiskGb * 1024 };
    }

    [LoggerMessage(LogLevel.Information, "Sandbox {SandboxId} created from {Template}, process {ProcessId}.")]
    private partial void LogCreated(string sandboxId, string template, int processId);
}
