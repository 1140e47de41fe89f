namespace Hopx.Client;

/// <summary>What a sandbox does and uses at one moment. The first four fields are HopX's own; a service that does not count something leaves it out.</summary>
public sealed record SandboxMetrics
{
    public double UptimeSeconds { get; init; }

    public long TotalExecutions { get; init; }

    public long ActiveExecutions { get; init; }

    public long ErrorCount { get; init; }

    public SandboxStatus Status { get; init; }

    public DateTimeOffset? Timestamp { get; init; }

    /// <summary>Share of its processors in use since the sample before: 100 is all of them.</summary>
    public double? CpuPercent { get; init; }

    /// <summary>Processor time since its processes started.</summary>
    public double? CpuSeconds { get; init; }

    public long? MemoryBytes { get; init; }

    public long? MemoryLimitBytes { get; init; }

    public long? Processes { get; init; }

    public long? DiskBytes { get; init; }

    public long? DiskLimitBytes { get; init; }

    public long? NetworkReceivedBytes { get; init; }

    public long? NetworkSentBytes { get; init; }
}
