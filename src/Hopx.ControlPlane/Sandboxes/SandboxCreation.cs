using Hopx.Client;
using Hopx.ControlPlane.Admission;
using Hopx.ControlPlane.ApiKeys;
using Hopx.ControlPlane.Operations;
using Hopx.ControlPlane.Runtime;
using Hopx.ControlPlane.Templates;
using Hopx.ControlPlane.WarmPool;
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
    WarmSandboxPool pool,
    SandboxAdmission admission,
    ISandboxRuntime runtime,
    ControlPlaneTelemetry telemetry,
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
        var recipe = templates.Recipe(name);
        using var creation = telemetry.BeginCreate(recipe.Name);
        // Refusals come first, and cost nothing: where a thousand ask and two hundred fit, the others must not be in the way of those.
        store.RequireRoom(caller.OrganizationId, options.Value.MaxSandboxes, options.Value.MaxSandboxesPerOrganization);
        var built = templates.FindBuilt(recipe);
        using var ready = built is null ? null : pool.TryTake(built);
        if (ready is not null)
        {
            creation.TookReady();
        }

        var now = time.GetUtcNow();
        var id = ready?.Record.Id ?? SandboxId.New(now);
        using var place = ready is null ? Reserve(id, SandboxLaunch.ResourcesOf(recipe)) : null;
        var template = built ?? await templates.EnsureBuiltAsync(recipe, progress: null, cancellationToken);
        now = time.GetUtcNow();
        var record = new SandboxRecord
        {
            Id = id,
            OrganizationId = caller.OrganizationId,
            Status = SandboxStatus.Creating,
            TemplateId = template.Manifest.Id,
            TemplateName = template.Manifest.Name,
            Resources = ready?.Record.Resources ?? SandboxLaunch.ResourcesOf(template),
            TimeoutSeconds = (long?)lifetime?.TotalSeconds,
            ExpiresAt = now + lifetime,
            CreatedAt = now,
            UpdatedAt = now,
        };
        using var turn = store.Add(
            record,
            options.Value.MaxSandboxes,
            options.Value.MaxSandboxesPerOrganization,
            (connection, transaction) =>
            {
                remember?.Invoke(connection, transaction, record.Id);
                ready?.Write(connection, transaction);
            });
        using var readyPlace = ready?.Take();
        creation.Admitted(record.Id);
        await using var undo = new UndoStack(logger);
        undo.Push(() => store.Remove(record.Id));
        record = await ObtainAsync(record, ready?.Record.Handle, template, undo, cancellationToken);
        record = await ClaimAsync(record, request, cancellationToken);
        undo.Keep();
        creation.Succeeded();
        LogCreated(record.Id, record.TemplateName, record.Handle!.Process!.ProcessId);
        return record;
    }

    /// <summary>A place on the machine; sandboxes that only stand ready make way for one that is asked for.</summary>
    private AdmissionPlace Reserve(string sandboxId, SandboxResources resources)
    {
        while (true)
        {
            try
            {
                return admission.Reserve(sandboxId, resources);
            }
            catch (HopxException full) when (full.Code is HopxErrorCode.ResourceLimitError && pool.GiveUpOne())
            {
                // Its place is free now.
            }
        }
    }

    /// <summary>Where a new sandbox comes from: it stood ready, or it is launched now.</summary>
    private async Task<SandboxRecord> ObtainAsync(SandboxRecord record, SandboxHandle? ready, BuiltTemplate template, UndoStack undo, CancellationToken cancellationToken)
    {
        pool.AskForMore();
        if (ready is null)
        {
            return await launch.RunAsync(record, template, undo, cancellationToken);
        }

        undo.Push(() => runtime.KillAsync(ready, CancellationToken.None));
        try
        {
            await agents.SetDeadlineAsync(record with { Handle = ready }, record.ExpiresAt, cancellationToken);
            return launch.Attach(record with { Handle = ready }, undo);
        }
        catch (HopxException failure) when (failure.Code is HopxErrorCode.SandboxStopped)
        {
            // It stood ready and died. Whoever asks for a sandbox need not know.
            LogReadyOneDied(record.Id, failure);
            agents.Disconnect(record.Id);
            await runtime.KillAsync(ready, CancellationToken.None);
            return await launch.RunAsync(record, template, undo, cancellationToken);
        }
    }

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

    [LoggerMessage(LogLevel.Information, "Sandbox {SandboxId} created from {Template}, process {ProcessId}.")]
    private partial void LogCreated(string sandboxId, string template, int processId);

    [LoggerMessage(LogLevel.Warning, "Sandbox {SandboxId}, which stood ready, does not answer; it is made anew.")]
    private partial void LogReadyOneDied(string sandboxId, Exception exception);
}
