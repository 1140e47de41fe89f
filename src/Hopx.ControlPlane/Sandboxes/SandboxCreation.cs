using Hopx.Client;
using Hopx.ControlPlane.ApiKeys;
using Hopx.ControlPlane.Runtime;
using Hopx.ControlPlane.Templates;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Hopx.ControlPlane.Sandboxes;

/// <summary>Makes sandboxes, each one whole or not at all.</summary>
internal sealed partial class SandboxCreation(
    SandboxStore store,
    SandboxLaunch launch,
    SandboxLifetimes lifetimes,
    SandboxAgents agents,
    IdempotencyKeys keys,
    TemplateCatalog templates,
    IOptions<ControlPlaneOptions> options,
    TimeProvider time,
    ILogger<SandboxCreation> logger)
{
    /// <summary>Makes a sandbox; returns when its agent answers.</summary>
    /// <param name="caller">Whose it is.</param>
    /// <param name="request">What is asked for.</param>
    /// <param name="idempotencyKey">The same key asks for the same sandbox; null: always a new one.</param>
    /// <param name="cancellationToken">When the caller leaves, what was begun is taken back.</param>
    public Task<SandboxRecord> CreateAsync(Caller caller, CreateSandboxRequest request, string? idempotencyKey, CancellationToken cancellationToken) =>
        string.IsNullOrEmpty(idempotencyKey)
            ? MakeAsync(caller, request, remember: null, cancellationToken)
            : keys.OnceAsync(caller, idempotencyKey, request, remember => MakeAsync(caller, request, remember, cancellationToken), cancellationToken);

    private async Task<SandboxRecord> MakeAsync(
        Caller caller, CreateSandboxRequest request, Action<SqliteConnection, SqliteTransaction, string>? remember, CancellationToken cancellationToken)
    {
        var lifetime = lifetimes.Check(request.TimeoutSeconds);
        CheckRegion(request.Region);
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
        using var turn = store.Add(
            record,
            options.Value.MaxSandboxes,
            options.Value.MaxSandboxesPerOrganization,
            remember is null ? null : (connection, transaction) => remember(connection, transaction, record.Id));
        await using var undo = new UndoStack(logger);
        undo.Push(() => store.Remove(record.Id));
        record = await ObtainAsync(record, template, undo, cancellationToken);
        record = await ClaimAsync(record, request, cancellationToken);
        undo.Keep();
        LogCreated(record.Id, record.TemplateName, record.Handle!.Process!.ProcessId);
        return record;
    }

    /// <summary>Where a new sandbox comes from: the one place that a store of ready ones would change.</summary>
    private Task<SandboxRecord> ObtainAsync(SandboxRecord record, BuiltTemplate template, UndoStack undo, CancellationToken cancellationToken) =>
        launch.RunAsync(record, template, undo, cancellationToken);

    /// <summary>Makes a running sandbox the caller's own, and says so.</summary>
    private async Task<SandboxRecord> ClaimAsync(SandboxRecord record, CreateSandboxRequest request, CancellationToken cancellationToken)
    {
        if (request.EnvVars is { Count: > 0 } variables)
        {
            await agents.SetEnvironmentAsync(record, variables, cancellationToken);
        }

        return store.Replace(record.In(SandboxState.Running), SandboxOperation.FinishCreate);
    }

    private void CheckRegion(string? region)
    {
        if (!string.IsNullOrEmpty(region) && region != options.Value.Region)
        {
            throw new HopxException(
                HopxErrorCode.InvalidRequest, $"Unknown region '{region}'; this server has '{options.Value.Region}'. Leave region out, or name that one.");
        }
    }

    private static SandboxResources ResourcesOf(BuiltTemplate template)
    {
        var resources = template.Manifest.DefaultResources;
        return new SandboxResources { Vcpu = resources.Vcpu, MemoryMb = resources.MemoryMb, DiskMb = resources.DiskGb * 1024 };
    }

    [LoggerMessage(LogLevel.Information, "Sandbox {SandboxId} created from {Template}, process {ProcessId}.")]
    private partial void LogCreated(string sandboxId, string template, int processId);
}
