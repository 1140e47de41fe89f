namespace Hopx.ControlPlane.Sandboxes;

/// <summary>When a sandbox ends. Counted on the monotonic clock from the moment it was set, as its agent does, so that a step of the wall clock neither kills nor keeps it.</summary>
internal sealed class SandboxDeadline(TimeProvider time, DateTimeOffset at)
{
    private readonly long _setAt = time.GetTimestamp();
    private readonly TimeSpan _remaining = at - time.GetUtcNow();

    /// <summary>The time that was set.</summary>
    public DateTimeOffset At { get; } = at;

    public bool HasPassed => time.GetElapsedTime(_setAt) >= _remaining;

    /// <summary>The same end on the wall clock as it goes now.</summary>
    public DateTimeOffset Now => time.GetUtcNow() + (_remaining - time.GetElapsedTime(_setAt));
}
