using Hopx.Client;
using Hopx.ControlPlane.ApiKeys;
using Hopx.ControlPlane.Runtime;
using Microsoft.Extensions.Logging;

namespace Hopx.ControlPlane.Sandboxes;

/// <summary>The way to a sandbox: for its own callers only, one change at a time, and only what the state machine allows.</summary>
internal sealed class SandboxGate(SandboxStore store, TimeProvider time, ILogger<SandboxGate> logger)
{
    /// <summary>The sandbox, when it is the caller's; a foreign one and a missing one are the same.</summary>
    public SandboxRecord Find(Caller caller, string id) =>
        store.TryFindLiving(id, out var record) && record.OrganizationId == caller.OrganizationId ? record : throw NotFound(id);

    /// <summary>Changes a sandbox of the caller's, when its turn comes.</summary>
    /// <param name="caller">Who asks.</param>
    /// <param name="id">The sandbox.</param>
    /// <param name="operation">Decides on the state after it.</param>
    /// <param name="act">Does it, and says what else of the record changed. Called only when there is something to do.</param>
    /// <param name="cancellationToken">The caller's patience with those before it. A change that has begun is finished, or taken back whole.</param>
    public async Task<SandboxRecord> ChangeAsync(
        Caller caller, string id, SandboxOperation operation, Func<SandboxRecord, UndoStack, Task<SandboxRecord>> act, CancellationToken cancellationToken)
    {
        Find(caller, id);
        using var turn = await store.EnterAsync(id, cancellationToken) ?? throw NotFound(id);
        return await ChangeAsync(Find(caller, id), operation, act);
    }

    /// <summary>The same for a sandbox whose turn the caller holds.</summary>
    public async Task<SandboxRecord> ChangeAsync(
        SandboxRecord before, SandboxOperation operation, Func<SandboxRecord, UndoStack, Task<SandboxRecord>> act, string? reason = null)
    {
        var transition = SandboxTransitions.Decide(before.State, operation);
        if (transition.Next is not { } next)
        {
            throw new HopxException(
                before.State is SandboxState.Creating ? HopxErrorCode.SandboxCreating : HopxErrorCode.Conflict,
                $"Sandbox '{before.Id}' is {before.StatusName} and cannot be {SandboxTransitions.Verb(operation)}. {transition.Refusal}");
        }

        if (next == before.State && operation is not SandboxOperation.Extend)
        {
            return before;
        }

        await using var undo = new UndoStack(logger);
        var after = await act(before, undo);
        after = store.Replace(after.In(next, next == before.State ? before.StatusReason : reason) with { UpdatedAt = time.GetUtcNow() }, operation);
        undo.Keep();
        return after;
    }

    /// <summary>Does something to a sandbox, whoever's it is, if it is still there and nobody else is at it.</summary>
    /// <returns>Whether it came to it.</returns>
    public async Task<bool> TryEnterAsync(string id, Func<SandboxRecord, Task> act)
    {
        using var turn = store.TryEnter(id);
        if (turn is null || !store.TryFind(id, out var current))
        {
            return false;
        }

        await act(current);
        return true;
    }

    // The JS SDK needs both words of the first sentence to know that a sandbox has expired.
    public static HopxException NotFound(string id) => new(HopxErrorCode.ResourceNotFound, $"Sandbox not found: '{id}'. It may have expired or been deleted.");
}
