namespace Hopx.ControlPlane.Sandboxes;

/// <summary>What can happen to a sandbox.</summary>
internal enum SandboxOperation
{
    /// <summary>Its record is there; nothing else yet.</summary>
    Create,

    /// <summary>Its agent answers.</summary>
    FinishCreate,
    Pause,
    Resume,
    Stop,
    Start,
    Extend,
    Delete,

    /// <summary>Nobody used it for a while.</summary>
    FallAsleep,

    /// <summary>Somebody wants to use it.</summary>
    Wake,

    /// <summary>Its processes are gone, or had to go.</summary>
    Fail,
}
