namespace Hopx.Agent;

/// <summary>The facts about a run that has ended, from which its outcome is told.</summary>
internal sealed record RunEnding
{
    public required RunSpec Spec { get; init; }

    /// <summary>How its leader ended; null when it could not be killed.</summary>
    public required ProcessExit? Exit { get; init; }

    public required bool IsTimedOut { get; init; }

    /// <summary>Whether a caller killed it.</summary>
    public required bool IsKilled { get; init; }

    /// <summary>What the memory watchdog killed in it, in words.</summary>
    public string? MemoryKill { get; init; }

    /// <summary>Whether the kernel killed a process of the sandbox for its memory meanwhile; null when that cannot be known.</summary>
    public bool? HadMemoryKill { get; init; }

    /// <summary>Whether the kernel refused a process because of the limit meanwhile.</summary>
    public bool HadRefusedProcess { get; init; }

    public long? MemoryLimit { get; init; }

    public long? MemoryPeak { get; init; }

    public long? ProcessLimit { get; init; }

    /// <summary>How full the disk is at the end: the working directory's and that of temporary files.</summary>
    public IReadOnlyList<DiskSpace> Disks { get; init; } = [];

    public required string Stderr { get; init; }
}
