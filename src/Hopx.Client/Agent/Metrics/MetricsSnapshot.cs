namespace Hopx.Client;

/// <summary>Answer of <c>GET /metrics</c> and <c>GET /metrics/snapshot</c> of the agent: since it started.</summary>
public sealed record MetricsSnapshot
{
    public double UptimeSeconds { get; init; }

    /// <summary>Requests that ran something.</summary>
    public long TotalExecutions { get; init; }

    public long ActiveExecutions { get; init; }

    /// <summary>Requests to run something that were refused.</summary>
    public long ErrorCount { get; init; }

    public long TotalRequests { get; init; }

    /// <summary>Requests that were answered with a status from 400 up.</summary>
    public long TotalErrors { get; init; }

    public IReadOnlyDictionary<string, long>? RequestsTotal { get; init; }

    public IReadOnlyDictionary<string, double>? AvgDurationMs { get; init; }

    public IReadOnlyDictionary<string, double>? P95DurationMs { get; init; }

    public DateTimeOffset? Timestamp { get; init; }

    public SystemUsage? System { get; init; }

    public AgentProcessUsage? Process { get; init; }

    public string? RequestId { get; init; }
}

/// <summary>What the sandbox uses.</summary>
public sealed record SystemUsage
{
    public CpuUsage? Cpu { get; init; }

    public SpaceUsage? Memory { get; init; }

    public SpaceUsage? Disk { get; init; }

    public NetworkUsage? Network { get; init; }
}

public sealed record CpuUsage
{
    /// <summary>Share of the processors in use since the last look: 100 is all of them. Null at the first look.</summary>
    public double? UsagePercent { get; init; }

    public int Cores { get; init; }
}

public sealed record SpaceUsage
{
    public long TotalMb { get; init; }

    public long UsedMb { get; init; }

    public double UsagePercent { get; init; }
}

public sealed record NetworkUsage
{
    public long ReceivedBytes { get; init; }

    public long SentBytes { get; init; }
}

/// <summary>What the agent itself uses.</summary>
public sealed record AgentProcessUsage
{
    public long MemoryBytes { get; init; }

    public double CpuSeconds { get; init; }

    public int Threads { get; init; }
}
