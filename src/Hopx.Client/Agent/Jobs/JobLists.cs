using System.Diagnostics.CodeAnalysis;

namespace Hopx.Client;

/// <summary>Answer of <c>GET /execute/processes</c>.</summary>
public sealed record ExecutionProcessList
{
    [AllowNull]
    public IReadOnlyList<JobInfo> Processes { get => field ?? []; init; }

    public int Count { get; init; }

    public DateTimeOffset? Timestamp { get; init; }
}

/// <summary>Answer of <c>GET /jobs</c>.</summary>
public sealed record JobList
{
    [AllowNull]
    public IReadOnlyList<JobInfo> Jobs { get => field ?? []; init; }

    public int Count { get; init; }

    public DateTimeOffset? Timestamp { get; init; }
}
