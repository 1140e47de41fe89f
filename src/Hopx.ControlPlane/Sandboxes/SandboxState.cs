namespace Hopx.ControlPlane.Sandboxes;

/// <summary>Where a sandbox stands: its status on the wire, but for the two kinds of paused.</summary>
internal enum SandboxState
{
    Creating,
    Running,

    /// <summary>By its caller: only a resume wakes it.</summary>
    Paused,

    /// <summary>By the server, since nobody used it: the next request wakes it. Paused on the wire.</summary>
    Asleep,
    Stopped,
    Error,
    Deleted,
}
