namespace Hopx.Client;

/// <summary>Body of <c>POST /files/edit</c>, an addition of hopx-mcp's own agent: replaces text where it stands exactly so.</summary>
public sealed record EditFileRequest
{
    public string? Path { get; init; }

    /// <summary>What must stand in the file, once unless <see cref="ReplaceAll"/> is set.</summary>
    public string? OldText { get; init; }

    /// <summary>What takes its place; nothing when null.</summary>
    public string? NewText { get; init; }

    public bool? ReplaceAll { get; init; }

    /// <summary>Whether texts with plain line ends also fit a file whose lines end with <c>\r\n</c>; the new text then gets such ends too.</summary>
    public bool? AdaptLineEnds { get; init; }

    /// <summary>Whether a file that is no UTF-8 text is refused; otherwise bytes are compared, whatever they are.</summary>
    public bool? TextOnly { get; init; }

    /// <summary>Lines around the first change that the answer shows, from 0 to 20; none are shown when null.</summary>
    public int? Context { get; init; }

    /// <summary>SHA-256 that the file must have before the change, in hexadecimal; any when null.</summary>
    public string? ExpectedSha256 { get; init; }
}

/// <summary>Answer of <c>POST /files/edit</c>.</summary>
public sealed record FileEdited
{
    public required string Path { get; init; }

    public bool Success { get; init; }

    public string? Message { get; init; }

    public int Replacements { get; init; }

    /// <summary>Number of the line where the first change begins, counted from 1.</summary>
    public long FirstLine { get; init; }

    /// <summary>The lines of the first change and those around it, as they are now; bytes that are no UTF-8 become replacement characters.</summary>
    public string? Snippet { get; init; }

    /// <summary>Size of the file after the change, in bytes.</summary>
    public long Size { get; init; }

    /// <summary>SHA-256 of the file after the change.</summary>
    public string? Sha256 { get; init; }

    public DateTimeOffset? Timestamp { get; init; }

    public string? RequestId { get; init; }
}
