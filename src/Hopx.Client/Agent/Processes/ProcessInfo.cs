using System.Diagnostics.CodeAnalysis;

namespace Hopx.Client;

/// <summary>A process of the sandbox.</summary>
public sealed record ProcessInfo
{
    public int Pid { get; init; }

    public int? ParentPid { get; init; }

    public string? Name { get; init; }

    public string? Command { get; init; }

    public string? User { get; init; }

    public string? Status { get; init; }

    /// <summary>Share of one processor since it was started.</summary>
    public double? CpuPercent { get; init; }

    public double? MemoryMb { get; init; }

    /// <summary>The job that it leads.</summary>
    public string? ProcessId { get; init; }
}

/// <summary>Answer of <c>GET /processes</c>.</summary>
public sealed record ProcessList
{
    [AllowNull]
    public IReadOnlyList<ProcessInfo> Processes { get => field ?? []; init; }

    public int Count { get; init; }

    public DateTimeOffset? Timestamp { get; init; }
}
