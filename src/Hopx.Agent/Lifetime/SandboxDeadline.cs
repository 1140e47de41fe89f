namespace Hopx.Agent;

/// <summary>When the sandbox ends itself. Counted on the monotonic clock from the moment it was set, so that a step of the wall clock neither kills nor keeps it.</summary>
internal sealed class SandboxDeadline(TimeProvider time)
{
    private State? _state;

    public DateTimeOffset? Deadline => Volatile.Read(ref _state)?.Deadline;

    public bool HasPassed => Volatile.Read(ref _state) is { } state && time.GetElapsedTime(state.SetAt) >= state.Remaining;

    public void Set(DateTimeOffset? deadline) => Volatile.Write(
        ref _state,
        deadline is { } at ? new State(at, time.GetTimestamp(), at - time.GetUtcNow()) : null);

    private sealed record State(DateTimeOffset Deadline, long SetAt, TimeSpan Remaining);
}
