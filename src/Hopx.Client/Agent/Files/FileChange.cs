using System.Diagnostics.CodeAnalysis;

namespace Hopx.Client;

/// <summary>A client's message on <c>/files/watch</c>.</summary>
public sealed record WatchRequest
{
    /// <summary><c>watch</c>, or <c>unwatch</c> with hopx-mcp's own agent.</summary>
    public string? Action { get; init; }

    public string? Path { get; init; }
}

/// <summary>A message of <c>/files/watch</c>: a change, or with another type what the service has to say.</summary>
public sealed record FileChange
{
    /// <summary><c>change</c>; <c>overflow</c> when changes were lost; <c>error</c>.</summary>
    [AllowNull]
    public string Type { get => field ?? "change"; init; }

    public string? Path { get; init; }

    /// <summary>Where it was before, when it was renamed within what is watched.</summary>
    public string? OldPath { get; init; }

    /// <summary><c>created</c>, <c>modified</c>, <c>deleted</c> or <c>renamed</c>.</summary>
    public string? Event { get; init; }

    public bool? IsDirectory { get; init; }

    public string? Message { get; init; }

    public string? Error { get; init; }

    public string? Code { get; init; }

    public DateTimeOffset? Timestamp { get; init; }
}
