using Hopx.Client;
using Hopx.ControlPlane.ApiKeys;
using Hopx.ControlPlane.Runtime;
using Microsoft.Extensions.Logging;

namespace Hopx.ControlPlane.Sandboxes;

/// <summary>Pause and resume: all processes stand still where they are, and go on.</summary>
/// <remarks>
/// A frozen agent cannot keep its deadline, and one that thaws with an old deadline would end at once though it was given more time meanwhile.
/// So the deadline is taken from the agent before it is frozen, held by the server, and given back when it thaws.
/// </remarks>
internal sealed partial class SandboxPausing(
    SandboxGate gate, SandboxStore store, ISandboxRuntime runtime, SandboxAgents agents, SandboxActivity activity, ILogger<SandboxPausing> logger)
{
    public Task<SandboxRecord> PauseAsync(Caller caller, string id, CancellationToken cancellationToken) =>
        gate.ChangeAsync(caller, id, SandboxOperation.Pause, FreezeAsync, cancellationToken);

    public Task<SandboxRecord> ResumeAsync(Caller caller, string id, CancellationToken cancellationToken) =>
        gate.ChangeAsync(caller, id, SandboxOperation.Resume, ThawAsync, cancellationToken);

    /// <summary>Pauses a sandbox that nobody uses, in a way that nobody notices; the caller holds its turn.</summary>
    public async Task FallAsleepAsync(SandboxRecord record, string reason)
    {
        if (record.State is not SandboxState.Running || activity.IsBusy(record.Id))
        {
            return;
        }

        var asleep = await gate.ChangeAsync(record, SandboxOperation.FallAsleep, FreezeAsync, reason);
        LogAsleep(record.Id);

        // A request that came meanwhile found it running, and now waits for a frozen agent. Requests say that they are there before they look.
        if (activity.IsBusy(record.Id))
        {
            await gate.ChangeAsync(asleep, SandboxOperation.Wake, ThawAsync);
        }
    }

    /// <summary>Lets a sandbox that fell asleep go on for a request; any other stays as it is.</summary>
    public async Task<SandboxRecord> WakeAsync(string id, CancellationToken cancellationToken)
    {
        using var turn = await store.EnterAsync(id, cancellationToken) ?? throw SandboxGate.NotFound(id);
        if (!store.TryFindLiving(id, out var record))
        {
            throw SandboxGate.NotFound(id);
        }

        return record.State is SandboxState.Asleep ? await gate.ChangeAsync(record, SandboxOperation.Wake, ThawAsync) : record;
    }

    /// <summary>Makes the processes of a sandbox stand still or go on as its record says, after a server that died in between.</summary>
    public async Task SettleAsync(SandboxRecord record)
    {
        var isPaused = runtime.IsPaused(record.Handle!);
        if (record.State.IsFrozen)
        {
            if (!isPaused)
            {
                await TellDeadlineAsync(record, deadline: null);
                await runtime.PauseAsync(record.Handle!, CancellationToken.None);
            }

            return;
        }

        if (isPaused)
        {
            await runtime.ResumeAsync(record.Handle!, CancellationToken.None);
        }

        // The server may have died while the agent knew another one.
        await TellDeadlineAsync(record, record.ExpiresAt);
        activity.Touch(record.Id);
    }

    /// <summary>Also for a sandbox that wakes when it is started: it need not be resumed before.</summary>
    public async Task<SandboxRecord> ThawAsync(SandboxRecord record, UndoStack undo)
    {
        undo.Push(() => runtime.PauseAsync(record.Handle!, CancellationToken.None));
        await runtime.ResumeAsync(record.Handle!, CancellationToken.None);
        undo.Push(() => TellDeadlineAsync(record, deadline: null));
        await TellDeadlineAsync(record, record.ExpiresAt);
        activity.Touch(record.Id);
        return record;
    }

    private async Task<SandboxRecord> FreezeAsync(SandboxRecord record, UndoStack undo)
    {
        // From one kind of paused to the other there is nothing to freeze.
        if (!record.State.IsFrozen)
        {
            undo.Push(() => TellDeadlineAsync(record, record.ExpiresAt));
            await TellDeadlineAsync(record, deadline: null);
            undo.Push(() => runtime.ResumeAsync(record.Handle!, CancellationToken.None));
            await runtime.PauseAsync(record.Handle!, CancellationToken.None);
        }

        return record;
    }

    // An agent that does not listen must not keep its sandbox from being paused or resumed: the server holds the deadline too.
    private async Task TellDeadlineAsync(SandboxRecord record, DateTimeOffset? deadline)
    {
        try
        {
            await agents.SetDeadlineAsync(record, deadline, CancellationToken.None);
        }
        catch (HopxException failure)
        {
            LogNotTold(record.Id, failure);
        }
    }

    [LoggerMessage(LogLevel.Information, "Sandbox {SandboxId} fell asleep.")]
    private partial void LogAsleep(string sandboxId);

    [LoggerMessage(LogLevel.Warning, "The agent of sandbox {SandboxId} could not be told its deadline; the server holds it alone.")]
    private partial void LogNotTold(string sandboxId, Exception exception);
}
