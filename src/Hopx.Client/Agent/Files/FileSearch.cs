namespace Hopx.Client;

/// <summary>Body of <c>POST /files/search</c>, an addition of hopx-mcp's own agent: finds lines in files.</summary>
public sealed record SearchFilesRequest
{
    /// <summary>Directory or file to search; the working directory when null.</summary>
    public string? Path { get; init; }

    /// <summary>Regular expression without lookaround and back references, matched against each line.</summary>
    public string? Pattern { get; init; }

    /// <summary>Whether <see cref="Pattern"/> is plain text.</summary>
    public bool? Literal { get; init; }

    public bool? IgnoreCase { get; init; }

    /// <summary>Only files whose name or path matches this glob, such as <c>*.py</c> or <c>src/**/*.{ts,tsx}</c>.</summary>
    public string? Include { get; init; }

    /// <summary>Names of files and directories to pass over; <c>.git</c> and <c>node_modules</c> when null, none when empty.</summary>
    public IReadOnlyList<string>? Exclude { get; init; }

    /// <summary>Lines shown before and after each match.</summary>
    public int? Context { get; init; }

    /// <summary>The most matches to give.</summary>
    public int? Limit { get; init; }

    /// <summary>Seconds to search at most.</summary>
    public double? Timeout { get; init; }
}

/// <summary>Answer of <c>/files/search</c>.</summary>
public sealed record FileSearchResult
{
    public required string Path { get; init; }

    public IReadOnlyList<FileMatch>? Matches { get; init; }

    public int Count { get; init; }

    public long FilesSearched { get; init; }

    /// <summary>Files passed over because they hold no text.</summary>
    public long BinaryFiles { get; init; }

    /// <summary>Whether there may be more: the search ended at a bound.</summary>
    public bool Truncated { get; init; }

    /// <summary>The bound that ended the search: <c>limit</c>, <c>size</c> or <c>time</c>.</summary>
    public string? TruncatedBy { get; init; }

    public string? RequestId { get; init; }
}

/// <summary>A line that matches.</summary>
public sealed record FileMatch
{
    public required string Path { get; init; }

    /// <summary>Number of the line, counted from 1.</summary>
    public long Line { get; init; }

    /// <summary>Where in the line the match begins, in characters counted from 1.</summary>
    public int Column { get; init; }

    /// <summary>The line, or the part around the match when it is very long.</summary>
    public required string Text { get; init; }

    public IReadOnlyList<string>? Before { get; init; }

    public IReadOnlyList<string>? After { get; init; }
}

/// <summary>Answer of <c>GET /files/find</c>, an addition of hopx-mcp's own agent: finds files by name.</summary>
public sealed record FileFindResult
{
    public required string Path { get; init; }

    public IReadOnlyList<FileEntry>? Files { get; init; }

    public int Count { get; init; }

    /// <summary>Whether there may be more: the search ended at a bound.</summary>
    public bool Truncated { get; init; }

    /// <summary>The bound that ended the search: <c>limit</c> or <c>time</c>.</summary>
    public string? TruncatedBy { get; init; }

    public string? RequestId { get; init; }
}
