using Hopx.Client;
using Hopx.ControlPlane.ApiKeys;
using Hopx.ControlPlane.Routing;
using Hopx.ControlPlane.Runtime;
using Hopx.ControlPlane.Setup;
using Hopx.ControlPlane.Templates;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Hopx.ControlPlane.Sandboxes;

/// <summary>Every transition of a sandbox, each one whole or taken back.</summary>
internal sealed partial class SandboxLifecycle(
    SandboxStore store,
    SandboxRuntime runtime,
    SandboxAgents agents,
    SandboxPorts ports,
    TemplateCatalog templates,
    AgentBinary agentBinary,
    AgentTokens tokens,
    IOptions<ControlPlaneOptions> options,
    TimeProvider time,
    ILogger<SandboxLifecycle> logger)
{
    /// <summary>Makes a sandbox; returns when its agent answers.</summary>
    public async Task<SandboxRecord> CreateAsync(Caller caller, CreateSandboxRequest request, CancellationToken cancellationToken)
    {
        var lifetime = CheckedLifetime(request.TimeoutSeconds);
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
        using var gate = await store.EnterAsync(record.Id, cancellationToken);
        await using var undo = new UndoStack(logger);
        undo.Push(() => store.Remove(record.Id));
        record = await LaunchAsync(record, template, undo, cancellationToken);
        if (request.EnvVars is { Count: > 0 } variables)
        {
            await agents.SetEnvironmentAsync(record, variables, cancellationToken);
        }

        record = store.Replace(record);
        undo.Keep();
        LogCreated(record.Id, record.TemplateName, record.Handle!.Process!.ProcessId);
        return record;
    }

    /// <summary>The sandbox, when it is the caller's; a foreign one and a missing one are the same.</summary>
    public SandboxRecord Find(Caller caller, string id) =>
        store.TryFind(id, out var record) && record.OrganizationId == caller.OrganizationId && record.Status is not SandboxStatus.Deleted ? record : throw NotFound(id);

    public async Task DeleteAsync(Caller caller, string id, CancellationToken cancellationToken)
    {
        Find(caller, id);
        using var gate = await store.EnterAsync(id, cancellationToken) ?? throw NotFound(id);
        // From here on it is finished whether or not the caller waits: half a delete is a leak.
        await BuryAsync(Find(caller, id));
    }

    /// <summary>A new lifetime, from now on.</summary>
    public Task<SandboxRecord> SetTimeoutAsync(Caller caller, string id, long? timeoutSeconds, CancellationToken cancellationToken) =>
        ChangeAsync(caller, id, async record =>
        {
            var lifetime = CheckedLifetime(timeoutSeconds)
                ?? throw new HopxException(HopxErrorCode.InvalidRequest, "timeout_seconds is required: a whole number of seconds above 0.");
            var expires = time.GetUtcNow() + lifetime;
            if (record.Status is SandboxStatus.Running)
            {
                await agents.SetDeadlineAsync(record, expires, cancellationToken);
            }

            return record with { TimeoutSeconds = (long)lifetime.TotalSeconds, ExpiresAt = expires };
        }, cancellationToken);

    public Task<SandboxRecord> PauseAsync(Caller caller, string id, CancellationToken cancellationToken) =>
        ChangeAsync(caller, id, async record =>
        {
            Require(record.Status is SandboxStatus.Paused || record.Status.CanPause, record, "paused", "Only a running one can.");
            if (record.Status.CanPause)
            {
                await runtime.PauseAsync(record.Handle!, cancellationToken);
            }

            return record with { Status = SandboxStatus.Paused };
        }, cancellationToken);

    public Task<SandboxRecord> ResumeAsync(Caller caller, string id, CancellationToken cancellationToken) =>
        ChangeAsync(caller, id, async record =>
        {
            Require(record.Status is SandboxStatus.Running || record.Status.CanResume, record, "resumed", "Only a paused one can; start a stopped one.");
            if (record.Status.CanResume)
            {
                await runtime.ResumeAsync(record.Handle!, cancellationToken);
                await agents.SetDeadlineAsync(record, record.ExpiresAt, cancellationToken);
            }

            return record with { Status = SandboxStatus.Running };
        }, cancellationToken);

    /// <summary>Ends all processes and keeps the files.</summary>
    public Task<SandboxRecord> StopAsync(Caller caller, string id, CancellationToken cancellationToken) =>
        ChangeAsync(caller, id, async record =>
        {
            Require(record.Status is SandboxStatus.Stopped || record.Status.CanStop, record, "stopped", "Only a running or paused one can.");
            if (record.Status.CanStop)
            {
                agents.Disconnect(record.Id);
                await runtime.StopAsync(record.Handle!, cancellationToken);
            }

            return record with { Status = SandboxStatus.Stopped, Handle = null };
        }, cancellationToken);

    /// <summary>New processes on the files of a stopped sandbox.</summary>
    public Task<SandboxRecord> StartAsync(Caller caller, string id, CancellationToken cancellationToken) =>
        ChangeAsync(caller, id, async record =>
        {
            Require(record.Status is SandboxStatus.Running || record.Status.CanStart, record, "started", "Only a stopped one can; resume a paused one.");
            if (!record.Status.CanStart)
            {
                return record;
            }

            var template = await templates.EnsureBuiltAsync(record.TemplateId, progress: null, cancellationToken);
            // What is taken back here are the new processes only: the files were there before.
            await using var undo = new UndoStack(logger);
            ports.Close(record.Id);
            var started = await LaunchAsync(record, template, undo, cancellationToken);
            undo.Keep();
            return started;
        }, cancellationToken);

    /// <summary>A token for the sandbox's agent and when it ends: never before the sandbox itself.</summary>
    public (string Token, DateTimeOffset ExpiresAt) CreateToken(SandboxRecord record)
    {
        var expires = time.GetUtcNow() + options.Value.TokenLifetime;
        if (record.ExpiresAt > expires)
        {
            expires = record.ExpiresAt.Value;
        }

        return (tokens.Create(record.Id, record.OrganizationId, expires), expires);
    }

    /// <summary>Buries what has expired and notes what has died.</summary>
    public async Task ReapAsync()
    {
        var now = time.GetUtcNow();
        foreach (var record in store.All)
        {
            try
            {
                if (record.ExpiresAt <= now)
                {
                    await ReapAsync(record.Id, static (lifecycle, current) => lifecycle.BuryExpiredAsync(current));
                }
                else if (record.Status.HasProcesses && !SandboxRuntime.IsAlive(record.Handle!))
                {
                    await ReapAsync(record.Id, static (lifecycle, current) => lifecycle.NoteDeathAsync(current));
                }
            }
            catch (Exception failure)
            {
                // One sandbox that cannot be buried must not keep the others alive; the next tick tries again.
                LogReapFailed(record.Id, failure);
            }
        }
    }

    /// <summary>Stops what takes more disk than it may, where the kernel does not see to that.</summary>
    public async Task SweepDisksAsync()
    {
        foreach (var record in store.All.Where(record => record.Status.HasProcesses))
        {
            try
            {
                if (record.Handle!.Enforcement?.Disk is EnforcedBy.Kernel)
                {
                    SandboxFiles.TrimLog(record.Handle);
                }
                else
                {
                    await ReapAsync(record.Id, static (lifecycle, current) => lifecycle.HoldToDiskAsync(current));
                }
            }
            catch (Exception failure)
            {
                LogReapFailed(record.Id, failure);
            }
        }
    }

    /// <summary>After a start of the server: takes over what still runs, takes back what is half made or belongs to nobody.</summary>
    public async Task RestoreAsync(CancellationToken cancellationToken)
    {
        store.Load();
        foreach (var record in store.All.ToList())
        {
            if (record.Status is SandboxStatus.Creating or SandboxStatus.Deleted)
            {
                LogBuriedHalfMade(record.Id);
                await BuryAsync(record);
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
        await NoteDeathAsync(record);

        // Dead ones keep their port too, so that whoever calls there is told; one that has expired is buried by now.
        if (store.TryFind(record.Id, out var current))
        {
            var port = ports.Open(record.Id, record.Port);
            store.Replace(current with { Port = port });
            LogTakenOver(record.Id, current.StatusName, port);
        }
    }

    private async Task<SandboxRecord> LaunchAsync(SandboxRecord record, BuiltTemplate template, UndoStack undo, CancellationToken cancellationToken)
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
        var isNew = record.Status is SandboxStatus.Creating;
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
        var port = ports.Open(record.Id, record.Port);
        undo.Push(() => ports.Close(record.Id));
        return record with { Status = SandboxStatus.Running, StatusReason = null, Handle = handle, Port = port, UpdatedAt = time.GetUtcNow() };
    }

    private async Task<SandboxRecord> ChangeAsync(Caller caller, string id, Func<SandboxRecord, Task<SandboxRecord>> change, CancellationToken cancellationToken)
    {
        Find(caller, id);
        using var gate = await store.EnterAsync(id, cancellationToken) ?? throw NotFound(id);
        var before = Find(caller, id);
        var after = await change(before);
        return after == before ? before : store.Replace(after with { UpdatedAt = time.GetUtcNow() });
    }

    private async Task ReapAsync(string id, Func<SandboxLifecycle, SandboxRecord, Task> act)
    {
        using var gate = await store.EnterAsync(id, CancellationToken.None);
        if (gate is not null && store.TryFind(id, out var current))
        {
            await act(this, current);
        }
    }

    private Task BuryExpiredAsync(SandboxRecord record)
    {
        // It may have been given more time while this waited for its turn.
        if (record.ExpiresAt > time.GetUtcNow())
        {
            return Task.CompletedTask;
        }

        LogExpired(record.Id);
        return BuryAsync(record);
    }

    private async Task NoteDeathAsync(SandboxRecord record)
    {
        if (!record.Status.HasProcesses || SandboxRuntime.IsAlive(record.Handle!))
        {
            return;
        }

        if (record.ExpiresAt <= time.GetUtcNow())
        {
            await BuryExpiredAsync(record);
            return;
        }

        LogDied(record.Id);
        await FailAsync(record, "Its processes are gone; its files are kept.");
    }

    private async Task FailAsync(SandboxRecord record, string reason)
    {
        agents.Disconnect(record.Id);
        await runtime.StopAsync(record.Handle!, CancellationToken.None);
        store.Replace(record with { Status = SandboxStatus.Error, StatusReason = reason, Handle = null, UpdatedAt = time.GetUtcNow() });
    }

    private async Task HoldToDiskAsync(SandboxRecord record)
    {
        if (!record.Status.HasProcesses)
        {
            return;
        }

        var limits = record.Resources;
        var usage = await runtime.MeasureDiskAsync(record.Handle!, CancellationToken.None);
        if (usage.Bytes > (long)limits.DiskMb << 20)
        {
            LogDiskFull(record.Id, usage.Bytes, limits.DiskMb);
            await FailAsync(record, $"It was stopped because it took more than its {limits.DiskMb} MiB of disk; its files are kept.");
        }
    }

    private async Task BuryAsync(SandboxRecord record)
    {
        // First in the state file: if the server dies now, the next one goes on with the burial.
        store.Replace(record with { Status = SandboxStatus.Deleted });
        ports.Close(record.Id);
        agents.Disconnect(record.Id);
        await runtime.KillAsync(record.Handle ?? runtime.HandleOfRemains(record.Id), CancellationToken.None);
        store.Remove(record.Id);
    }

    private TimeSpan? CheckedLifetime(long? seconds)
    {
        var longest = (long)options.Value.MaxLifetime.TotalSeconds;
        return seconds switch
        {
            null => null,
            <= 0 => throw new HopxException(HopxErrorCode.InvalidRequest, $"timeout_seconds is {seconds}; it must be above 0."),
            _ when seconds > longest => throw new HopxException(
                HopxErrorCode.InvalidRequest, $"timeout_seconds is {seconds}; this server allows at most {longest}. Ask for less and extend it later."),
            _ => TimeSpan.FromSeconds(seconds.Value),
        };
    }

    private static SandboxResources ResourcesOf(BuiltTemplate template)
    {
        var resources = template.Manifest.DefaultResources;
        return new SandboxResources { Vcpu = resources.Vcpu, MemoryMb = resources.MemoryMb, DiskMb = resources.DiskGb * 1024 };
    }

    private static void Require(bool allowed, SandboxRecord record, string verb, string hint)
    {
        if (!allowed)
        {
            throw new HopxException(HopxErrorCode.Conflict, $"Sandbox '{record.Id}' is {record.StatusName} and cannot be {verb}. {hint}");
        }
    }

    // The JS SDK needs both words of the first sentence to know that a sandbox has expired.
    private static HopxException NotFound(string id) => new(HopxErrorCode.ResourceNotFound, $"Sandbox not found: '{id}'. It may have expired or been deleted.");

    [LoggerMessage(LogLevel.Information, "Sandbox {SandboxId} created from {Template}, process {ProcessId}.")]
    private partial void LogCreated(string sandboxId, string template, int processId);

    [LoggerMessage(LogLevel.Information, "Sandbox {SandboxId} expired.")]
    private partial void LogExpired(string sandboxId);

    [LoggerMessage(LogLevel.Warning, "The processes of sandbox {SandboxId} are gone; its files are kept until it expires or is deleted.")]
    private partial void LogDied(string sandboxId);

    [LoggerMessage(LogLevel.Warning, "Sandbox {SandboxId} took {Bytes} bytes of disk, more than its {LimitMib} MiB, and was stopped.")]
    private partial void LogDiskFull(string sandboxId, long bytes, int limitMib);

    [LoggerMessage(LogLevel.Information, "Sandbox {SandboxId}, {Status}, was taken over on port {Port}.")]
    private partial void LogTakenOver(string sandboxId, string status, int port);

    [LoggerMessage(LogLevel.Information, "Sandbox {SandboxId} was half made or half deleted and was taken back.")]
    private partial void LogBuriedHalfMade(string sandboxId);

    [LoggerMessage(LogLevel.Warning, "Remains of sandbox {SandboxId}, which is in no state file, were removed.")]
    private partial void LogBuriedStray(string sandboxId);

    [LoggerMessage(LogLevel.Error, "Sandbox {SandboxId} could not be reaped; this is tried again.")]
    private partial void LogReapFailed(string sandboxId, Exception exception);
}
