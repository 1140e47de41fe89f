namespace Hopx.Client;

/// <summary>Answer of <c>GET /files/read</c>.</summary>
public sealed record FileContent
{
    /// <summary>The text, or base64 when that encoding was asked for.</summary>
    public required string Content { get; init; }

    public required string Path { get; init; }

    /// <summary>Size of the file in bytes.</summary>
    public long Size { get; init; }

    public string? Encoding { get; init; }

    /// <summary>Whether the file is not valid UTF-8, so that <see cref="Content"/> shows replacement characters.</summary>
    public bool? IsBinary { get; init; }

    public string? RequestId { get; init; }
}
