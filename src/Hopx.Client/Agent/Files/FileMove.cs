namespace Hopx.Client;

/// <summary>Body of <c>POST /files/move</c> and <c>POST /files/copy</c>, additions of hopx-mcp's own agent.</summary>
public sealed record MoveFileRequest
{
    /// <summary>The file or directory.</summary>
    public string? From { get; init; }

    /// <summary>Its new full name; a directory, or a path that ends in <c>/</c>, keeps the old name in it.</summary>
    public string? To { get; init; }

    /// <summary>Whether a file that has the new name may be replaced; not when null.</summary>
    public bool? Overwrite { get; init; }
}

/// <summary>Body of <c>POST /files/chmod</c>, an addition of hopx-mcp's own agent.</summary>
public sealed record ChangeModeRequest
{
    public string? Path { get; init; }

    /// <summary>Octal permissions such as 0644.</summary>
    public string? Mode { get; init; }

    /// <summary>Whether all that is in a directory gets them too.</summary>
    public bool? Recursive { get; init; }
}
