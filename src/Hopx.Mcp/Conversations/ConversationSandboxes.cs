using System.Collections.Concurrent;
using Hopx.Client;
using Hopx.Mcp.Hosting;
using Hopx.Mcp.Tools;
using Microsoft.Extensions.Options;

namespace Hopx.Mcp.Conversations;

/// <summary>Finds, wakes or makes the sandbox that a call works on, always within what belongs to the caller.</summary>
internal sealed partial class ConversationSandboxes(
    CallerClients callers,
    ConversationKeys keys,
    ConversationStore store,
    SandboxPreparations preparations,
    OfferedTools offered,
    IOptions<HopxMcpOptions> options,
    TimeProvider time,
    ILogger<ConversationSandboxes> logger)
{
    // A sandbox that ran a moment ago is not asked about again; if it ended since, its agent's answer tells.
    private static readonly TimeSpan Freshness = TimeSpan.FromSeconds(5);
    private const int MaxSeen = 4096;

    private readonly KeyedLocks _locks = new();
    private readonly ConcurrentDictionary<(string Principal, string SandboxId), DateTimeOffset> _seenRunning = new();

    /// <summary>Who makes a call.</summary>
    public Caller Identify(ToolCall call) => callers.Identify(call.User);

    /// <summary>Key of the conversation that a call belongs to, or null.</summary>
    public string? KeyOf(ToolCall call, string? conversation) => keys.Resolve(conversation, call.Params.Meta, call.Server.SessionId);

    /// <summary>Does something with the sandbox of a call; once more when it turns out that the sandbox had ended before.</summary>
    public async Task<T> UseAsync<T>(
        ToolCall call, string? sandboxId, string? conversation, WhenMissing whenMissing, Func<OpenSandbox, CancellationToken, Task<T>> use, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        using var caller = Identify(call);
        var id = SandboxIds.Clean(sandboxId);
        var key = id is null ? KeyOf(call, conversation) : null;
        var sandbox = await OpenAsync(caller, id, key, whenMissing, started, cancellationToken);
        try
        {
            return await use(sandbox, cancellationToken);
        }
        catch (HopxException ended) when (ended.Code is HopxErrorCode.SandboxNotFound or HopxErrorCode.SandboxExpired or HopxErrorCode.SandboxStopped or HopxErrorCode.SandboxNotRunning)
        {
            // These say that nothing was done, so doing it again is no repetition.
            Forget(caller, sandbox.Id);
            return await use(await OpenAsync(caller, id, key, whenMissing, started, cancellationToken), cancellationToken);
        }
    }

    /// <summary>Makes a sandbox on request; it becomes the conversation's.</summary>
    /// <param name="caller">Whose it becomes.</param>
    /// <param name="key">Key of the conversation, if there is one.</param>
    /// <param name="request">What is wanted; without a lifetime it gets the default one, which slides.</param>
    /// <param name="cancellationToken">The call's.</param>
    public async Task<Sandbox> CreateAsync(Caller caller, string? key, CreateSandboxRequest request, CancellationToken cancellationToken)
    {
        var sandbox = await PrepareAsync(caller, key, request, options.Value.CallBudget, cancellationToken);
        if (key is not null)
        {
            await KeepOrDeleteAsync(caller, sandbox.Id, () => store.Set(caller.Principal, key, sandbox.Id));
        }

        return sandbox;
    }

    /// <summary>The sandbox of a conversation, without a look whether it still lives; null when there is none.</summary>
    public string? Find(Caller caller, string? key) => key is null ? null : store.Find(caller.Principal, key);

    /// <summary>Takes back what is known of a sandbox's state, since it is being changed.</summary>
    public void Forget(Caller caller, string sandboxId) => _seenRunning.TryRemove((caller.Principal, sandboxId), out _);

    /// <summary>Forgets a sandbox that was deleted.</summary>
    public void ForgetDeleted(Caller caller, string sandboxId)
    {
        Forget(caller, sandboxId);
        Remember(() => store.Forget(caller.Principal, sandboxId));
    }

    /// <summary>A lifetime that somebody chose stays as it is.</summary>
    public void FixLifetime(Caller caller, string sandboxId) => Remember(() => store.SetSlidingLifetime(caller.Principal, sandboxId, lifetime: null));

    private async Task<OpenSandbox> OpenAsync(Caller caller, string? id, string? key, WhenMissing whenMissing, long started, CancellationToken cancellationToken)
    {
        if (id is not null)
        {
            return await TryOpenAsync(caller, id, cancellationToken) ?? throw SandboxIds.NotFound(id);
        }

        if (key is null)
        {
            return whenMissing is not WhenMissing.Refuse
                ? await OpenNewAsync(caller, TemplateFor(whenMissing), started, cancellationToken)
                : throw NoSandbox("No sandbox was named, and nothing tells which conversation this call belongs to. Pass sandbox_id.");
        }

        using var turn = await _locks.AcquireAsync($"{caller.Principal}\0{key}", Left(started), cancellationToken)
            ?? throw new SandboxStillPreparingException(TemplateFor(whenMissing));
        var known = store.Find(caller.Principal, key);
        if (known is not null && await TryOpenAsync(caller, known, cancellationToken) is { } open)
        {
            return open;
        }

        if (whenMissing is WhenMissing.Refuse)
        {
            throw known is null
                ? NoSandbox("This conversation has no sandbox yet.")
                : NoSandbox($"The sandbox of this conversation, '{known}', is gone: it expired or was deleted, and its files with it.");
        }

        return await ReplaceAsync(caller, key, known, TemplateFor(whenMissing), started, cancellationToken);
    }

    private string TemplateFor(WhenMissing whenMissing) => whenMissing is WhenMissing.CreateWithDesktop ? options.Value.DesktopTemplate : options.Value.Template;

    private async Task<OpenSandbox> OpenNewAsync(Caller caller, string template, long started, CancellationToken cancellationToken)
    {
        var sandbox = await PrepareAsync(caller, key: null, new CreateSandboxRequest { TemplateName = template }, Left(started), cancellationToken);
        return Opened(caller, sandbox.Id, $"New sandbox {sandbox.Id}: pass sandbox_id \"{sandbox.Id}\" from now on, or each call gets a new one.");
    }

    private async Task<OpenSandbox> ReplaceAsync(Caller caller, string key, string? gone, string template, long started, CancellationToken cancellationToken)
    {
        var sandbox = await PrepareAsync(caller, key, new CreateSandboxRequest { TemplateName = template }, Left(started), cancellationToken);
        var winner = sandbox.Id;
        await KeepOrDeleteAsync(caller, sandbox.Id, () => winner = store.Claim(caller.Principal, key, sandbox.Id, gone));
        if (winner != sandbox.Id)
        {
            // Another process was faster; one conversation has one sandbox.
            await DeleteQuietlyAsync(caller, sandbox.Id);
            return await TryOpenAsync(caller, winner, cancellationToken) ?? throw SandboxIds.NotFound(winner);
        }

        return gone is null
            ? Opened(caller, sandbox.Id, $"New sandbox {sandbox.Id}, kept for this conversation.")
            : Opened(caller, sandbox.Id, $"The earlier sandbox {gone} is gone and its files and variables are lost; this is a new one, {sandbox.Id}.");
    }

    private async Task<OpenSandbox?> TryOpenAsync(Caller caller, string id, CancellationToken cancellationToken)
    {
        if (_seenRunning.TryGetValue((caller.Principal, id), out var seen) && time.GetUtcNow() - seen < Freshness)
        {
            return new OpenSandbox(caller, id, []);
        }

        Sandbox sandbox;
        try
        {
            sandbox = await caller.Client.Sandboxes.GetAsync(id, cancellationToken);
        }
        catch (HopxException gone) when (gone.MeansSandboxGone)
        {
            return null;
        }

        switch (sandbox.Status)
        {
            case SandboxStatus.Deleted:
                return null;
            case SandboxStatus.Paused when offered.IsReadOnly:
                throw new HopxException(HopxErrorCode.SandboxNotRunning, $"Sandbox '{id}' is paused, and this server is read-only, so it is not woken.");
            case SandboxStatus.Paused:
                await caller.Client.Sandboxes.ResumeAsync(id, cancellationToken);
                return Opened(caller, id, $"Sandbox {id} was paused and has been resumed.");
            case SandboxStatus.Stopped:
                throw new HopxException(HopxErrorCode.SandboxStopped, $"Sandbox '{id}' is stopped; its files are kept.");
            case SandboxStatus.Creating:
                throw new HopxException(HopxErrorCode.SandboxCreating, $"Sandbox '{id}' is still being created.");
            case SandboxStatus.Error:
                throw new HopxException(HopxErrorCode.SandboxNotRunning, $"Sandbox '{id}' has failed and cannot be used.");
            default:
                await ExtendAsync(caller, sandbox, cancellationToken);
                return Opened(caller, id);
        }
    }

    private async Task<Sandbox> PrepareAsync(Caller caller, string? key, CreateSandboxRequest request, TimeSpan patience, CancellationToken cancellationToken)
    {
        var slides = request.TimeoutSeconds is null;
        request = slides ? request with { TimeoutSeconds = (long)options.Value.SandboxLifetime.TotalSeconds } : request;
        var sandbox = await preparations.CreateAsync(caller, key, request, patience, cancellationToken)
            ?? throw new SandboxStillPreparingException(request.TemplateName ?? options.Value.Template);
        if (slides)
        {
            Remember(() => store.SetSlidingLifetime(caller.Principal, sandbox.Id, options.Value.SandboxLifetime));
        }

        return sandbox;
    }

    private async Task ExtendAsync(Caller caller, Sandbox sandbox, CancellationToken cancellationToken)
    {
        if (offered.IsReadOnly || sandbox.ExpiresAt is not { } expires)
        {
            return;
        }

        try
        {
            if (store.FindSlidingLifetime(caller.Principal, sandbox.Id) is { } lifetime && expires - time.GetUtcNow() < lifetime / 2)
            {
                await caller.Client.Sandboxes.SetTimeoutAsync(sandbox.Id, lifetime, cancellationToken);
            }
        }
        catch (HopxException failure)
        {
            // The call itself can still be served.
            LogNotExtended(sandbox.Id, failure.Message);
        }
    }

    private OpenSandbox Opened(Caller caller, string id, params string[] notes)
    {
        if (_seenRunning.Count >= MaxSeen)
        {
            _seenRunning.Clear();
        }

        _seenRunning[(caller.Principal, id)] = time.GetUtcNow();
        return new OpenSandbox(caller, id, notes);
    }

    private async Task KeepOrDeleteAsync(Caller caller, string sandboxId, Action keep)
    {
        try
        {
            keep();
        }
        catch
        {
            await DeleteQuietlyAsync(caller, sandboxId);
            throw;
        }
    }

    private async Task DeleteQuietlyAsync(Caller caller, string sandboxId)
    {
        try
        {
            // Not the call's token: what is left over has to go whether or not somebody still waits.
            await caller.Client.Sandboxes.DeleteAsync(sandboxId, CancellationToken.None);
        }
        catch (HopxException failure)
        {
            LogNotDeleted(sandboxId, failure.Message);
        }
    }

    private void Remember(Action write)
    {
        try
        {
            write();
        }
        catch (HopxException failure)
        {
            LogNotStored(failure.Message);
        }
    }

    private TimeSpan Left(long started)
    {
        var left = options.Value.CallBudget - time.GetElapsedTime(started);
        return left > TimeSpan.FromSeconds(1) ? left : TimeSpan.FromSeconds(1);
    }

    private static HopxException NoSandbox(string message) => new(HopxErrorCode.SandboxNotFound, message);

    [LoggerMessage(LogLevel.Warning, "Lifetime of sandbox {SandboxId} was not extended: {Reason}")]
    private partial void LogNotExtended(string sandboxId, string reason);

    [LoggerMessage(LogLevel.Warning, "Sandbox {SandboxId}, which nobody needs, was not deleted: {Reason}")]
    private partial void LogNotDeleted(string sandboxId, string reason);

    [LoggerMessage(LogLevel.Warning, "{Reason}")]
    private partial void LogNotStored(string reason);
}
