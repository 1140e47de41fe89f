namespace Hopx.Client;

/// <summary>Answer of <c>GET /files/checksum</c>, an addition of hopx-mcp's own agent.</summary>
public sealed record FileChecksum
{
    public required string Path { get; init; }

    public long Size { get; init; }

    /// <summary>SHA-256 in hexadecimal.</summary>
    public required string Sha256 { get; init; }

    public string? RequestId { get; init; }
}

/// <summary>Answer of <c>POST /files/archive</c>, an addition of hopx-mcp's own agent.</summary>
public sealed record FilesUnpacked
{
    public required string Path { get; init; }

    public bool Success { get; init; }

    public string? Message { get; init; }

    public long Files { get; init; }

    public long Directories { get; init; }

    public long Links { get; init; }

    public long Bytes { get; init; }

    /// <summary>Entries passed over: devices, pipes, and links that lead out of the directory.</summary>
    public long Skipped { get; init; }

    public DateTimeOffset? Timestamp { get; init; }

    public string? RequestId { get; init; }
}
