namespace Hopx.Client;

/// <summary>Answer of <c>GET /cache/stats</c>. hopx-mcp's own agent never answers from a cache, so all is zero there.</summary>
public sealed record CacheStats
{
    public CacheState? Cache { get; init; }

    public long Size { get; init; }

    public long Hits { get; init; }

    public long Misses { get; init; }

    public double HitRate { get; init; }

    public DateTimeOffset? Timestamp { get; init; }

    public string? RequestId { get; init; }
}

/// <summary>The same in the other shape that clients read.</summary>
public sealed record CacheState
{
    public long Size { get; init; }

    public long MaxSize { get; init; }

    public long TotalHits { get; init; }

    public string? Ttl { get; init; }
}

/// <summary>Answer of <c>POST /cache/clear</c>.</summary>
public sealed record CacheCleared
{
    public string? Message { get; init; }

    public bool Success { get; init; }

    public long EntriesRemoved { get; init; }

    public long ClearedEntries { get; init; }

    public long FreedBytes { get; init; }

    public DateTimeOffset? Timestamp { get; init; }

    public string? RequestId { get; init; }
}

/// <summary>Answer of <c>GET /cache</c>.</summary>
public sealed record CacheStatus
{
    public string? Agent { get; init; }

    public string? Status { get; init; }

    public string? Version { get; init; }

    public string? VmId { get; init; }

    public string? Message { get; init; }

    public DateTimeOffset? Timestamp { get; init; }
}
