using Hopx.Client;
using Hopx.ControlPlane.ApiKeys;

namespace Hopx.ControlPlane.Sandboxes;

/// <summary>The way to a sandbox: for its own callers only, and one change at a time.</summary>
internal sealed class SandboxGate(SandboxStore store, TimeProvider time)
{
    /// <summary>The sandbox, when it is the caller's; a foreign one and a missing one are the same.</summary>
    public SandboxRecord Find(Caller caller, string id) =>
        store.TryFind(id, out var record) && record.OrganizationId == caller.OrganizationId && record.Status is not SandboxStatus.Deleted ? record : throw NotFound(id);

    /// <summary>Changes a sandbox of the caller's, when its turn comes.</summary>
    public async Task<SandboxRecord> ChangeAsync(Caller caller, string id, Func<SandboxRecord, Task<SandboxRecord>> change, CancellationToken cancellationToken)
    {
        Find(caller, id);
        using var turn = await store.EnterAsync(id, cancellationToken) ?? throw NotFound(id);
        var before = Find(caller, id);
        var after = await change(before);
        return after == before ? before : store.Replace(after with { UpdatedAt = time.GetUtcNow() });
    }

    /// <summary>Does something to a sandbox, whoever's it is, when its turn comes and if it is still there.</summary>
    public async Task EnterAsync(string id, Func<SandboxRecord, Task> act)
    {
        using var turn = await store.EnterAsync(id, CancellationToken.None);
        if (turn is not null && store.TryFind(id, out var current))
        {
            await act(current);
        }
    }

    // The JS SDK needs both words of the first sentence to know that a sandbox has expired.
    public static HopxException NotFound(string id) => new(HopxErrorCode.ResourceNotFound, $"Sandbox not found: '{id}'. It may have expired or been deleted.");

    public static void Require(bool allowed, SandboxRecord record, string verb, string hint)
    {
        if (!allowed)
        {
            throw new HopxException(HopxErrorCode.Conflict, $"Sandbox '{record.Id}' is {record.StatusName} and cannot be {verb}. {hint}");
        }
    }
}
