using System.Diagnostics.CodeAnalysis;

namespace Hopx.Client;

/// <summary>Answer to write, mkdir, remove and upload.</summary>
public sealed record FileResponse
{
    public string? Message { get; init; }

    [AllowNull]
    public string Path { get => field ?? ""; init; }

    /// <summary>True when the service does not say.</summary>
    public bool Success { get; set; } = true;

    public long? Size { get; init; }

    public DateTimeOffset? Timestamp { get; init; }

    public string? RequestId { get; init; }
}

/// <summary>Answer of <c>GET /files/list</c>.</summary>
public sealed record FileList
{
    public IReadOnlyList<FileEntry>? Files { get; init; }

    public required string Path { get; init; }

    public int Count { get; init; }

    public string? RequestId { get; init; }
}

/// <summary>Answer of <c>GET /files/exists</c>.</summary>
public sealed record FileExists
{
    public required bool Exists { get; init; }

    public required string Path { get; init; }

    public string? RequestId { get; init; }
}
