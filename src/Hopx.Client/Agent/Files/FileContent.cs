namespace Hopx.Client;

/// <summary>Answer of <c>GET /files/read</c>. What it says of lines and ranges is an addition of hopx-mcp's own agent.</summary>
public sealed record FileContent
{
    /// <summary>The text, or base64 when that encoding was asked for.</summary>
    public required string Content { get; init; }

    public required string Path { get; init; }

    /// <summary>Size of the file in bytes; of the content, where a part was asked for.</summary>
    public long Size { get; init; }

    public string? Encoding { get; init; }

    /// <summary>Whether the file is not valid UTF-8, so that <see cref="Content"/> shows replacement characters.</summary>
    public bool? IsBinary { get; init; }

    /// <summary>Number of the first line of <see cref="Content"/>, counted from 1; null when lines were not asked for, or the service does not know of them.</summary>
    public long? StartLine { get; init; }

    /// <summary>How many lines <see cref="Content"/> has.</summary>
    public long? LineCount { get; init; }

    /// <summary>Number of lines of the whole file; null when the reading ended before it.</summary>
    public long? TotalLines { get; init; }

    /// <summary>Whether the only line of <see cref="Content"/> is not all there, because it is longer than was asked for.</summary>
    public bool? IsLineCut { get; init; }

    /// <summary>Where in the file the content begins; null when no range of bytes was asked for.</summary>
    public long? ByteOffset { get; init; }

    /// <summary>Size of the whole file, where a part was asked for.</summary>
    public long? FileSize { get; init; }

    /// <summary>Whether the file goes on after the part that was asked for.</summary>
    public bool? HasMore { get; init; }

    public string? RequestId { get; init; }
}
