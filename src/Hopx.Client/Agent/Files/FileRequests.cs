namespace Hopx.Client;

/// <summary>Body of <c>POST /files/write</c>.</summary>
public sealed record WriteFileRequest
{
    public string? Path { get; init; }

    public string? Content { get; init; }

    /// <summary>Octal permissions such as 0644.</summary>
    public string? Mode { get; init; }

    /// <summary>base64 when <see cref="Content"/> is not text.</summary>
    public string? Encoding { get; init; }

    public bool? Overwrite { get; init; }
}

/// <summary>Body of <c>POST /files/mkdir</c>, and of <c>DELETE /files/remove</c> where a caller sends one.</summary>
public sealed record FilePathRequest
{
    public string? Path { get; init; }
}
