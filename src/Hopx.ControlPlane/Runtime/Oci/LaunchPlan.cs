namespace Hopx.ControlPlane.Runtime;

/// <summary>What this machine decides about a launch.</summary>
internal sealed record LaunchPlan
{
    /// <summary>Directory that is covered, in the launch's private mount namespace, by everything that we mount.</summary>
    public required string Stage { get; init; }

    /// <summary>Whether the launch happens in a user namespace of its own: as an ordinary user, and as a root who may not use cgroups.</summary>
    public required bool Nested { get; init; }

    /// <summary>What the sandbox's user 0 is, in the namespace in which the runtime is started.</summary>
    public required uint FirstUser { get; init; }

    public required uint FirstGroup { get; init; }

    public required uint IdCount { get; init; }

    public required ulong MostOpenFiles { get; init; }

    /// <summary>Whether a file system of the disk limit's size holds what the sandbox writes.</summary>
    public required bool UsesDiskImage { get; init; }

    public required LimitEnforcement Enforcement { get; init; }

    /// <summary>Null where no cgroup can be made.</summary>
    public string? CgroupsPath { get; init; }

    public bool LimitsSwap { get; init; }

    /// <summary>Whether a cgroup counts processes; otherwise the user namespace does.</summary>
    public bool UsesPidsController { get; init; }
}
