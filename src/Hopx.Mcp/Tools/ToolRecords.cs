using System.Text.Json.Serialization;

namespace Hopx.Mcp.Tools;

// No property is required: an answer that a sandbox is still being prepared has only its status, and clients check it against the schema.

/// <summary>One sandbox.</summary>
internal sealed record SandboxFacts
{
    public string? SandboxId { get; init; }

    public string? Status { get; init; }

    public string? Template { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    public bool? InternetAccess { get; init; }

    /// <summary>How each limit is held, where the service tells.</summary>
    public IReadOnlyDictionary<string, string>? Limits { get; init; }

    public string? Note { get; init; }
}

/// <summary>A sandbox that was deleted.</summary>
internal sealed record DeletedFacts
{
    public string? SandboxId { get; init; }

    public string? Status { get; init; }
}

/// <summary>One sandbox in a list.</summary>
internal sealed record ListedSandbox
{
    public string? SandboxId { get; init; }

    public string? Status { get; init; }

    public string? Template { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    /// <summary>Whether it is this conversation's.</summary>
    public bool? Current { get; init; }
}

/// <summary>The caller's sandboxes.</summary>
internal sealed record SandboxListFacts
{
    public IReadOnlyList<ListedSandbox>? Sandboxes { get; init; }

    public bool? HasMore { get; init; }
}

/// <summary>A run of code or of a command.</summary>
internal sealed record RunFacts
{
    public string? SandboxId { get; init; }

    public string? Outcome { get; init; }

    public int? ExitCode { get; init; }

    public double? Seconds { get; init; }

    public string? Stdout { get; init; }

    public string? Stderr { get; init; }

    /// <summary>Text of the last expression.</summary>
    public string? Result { get; init; }

    /// <summary>Files in the sandbox that hold output of which only head and tail are shown.</summary>
    public IReadOnlyList<string>? OutputFiles { get; init; }

    /// <summary>The job that it goes on as.</summary>
    public string? JobId { get; init; }

    /// <summary>Question that it waits to be answered.</summary>
    public string? WaitingFor { get; init; }

    public string? Note { get; init; }
}

/// <summary>A run that outlived its call, or all of them.</summary>
internal sealed record JobFacts
{
    public string? SandboxId { get; init; }

    public string? JobId { get; init; }

    public string? Status { get; init; }

    public string? Outcome { get; init; }

    public int? ExitCode { get; init; }

    public double? Seconds { get; init; }

    public string? Output { get; init; }

    /// <summary>Offset of the next call, to get only what comes after this.</summary>
    public long? NextOffset { get; init; }

    /// <summary>Question that it waits to be answered.</summary>
    public string? WaitingFor { get; init; }

    /// <summary>Text of the last expression.</summary>
    public string? Result { get; init; }

    public IReadOnlyList<ListedJob>? Jobs { get; init; }

    public string? Note { get; init; }
}

/// <summary>One job in a list.</summary>
internal sealed record ListedJob
{
    public string? JobId { get; init; }

    public string? Status { get; init; }

    public string? Command { get; init; }

    public double? Seconds { get; init; }

    public int? ExitCode { get; init; }
}

/// <summary>What can be done with a job.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<JobAction>))]
internal enum JobAction
{
    [JsonStringEnumMemberName("list")]
    List,

    [JsonStringEnumMemberName("wait")]
    Wait,

    [JsonStringEnumMemberName("output")]
    Output,

    [JsonStringEnumMemberName("input")]
    Input,

    [JsonStringEnumMemberName("kill")]
    Kill,
}

/// <summary>A stretch of a file.</summary>
internal sealed record FileFacts
{
    public string? SandboxId { get; init; }

    public string? Path { get; init; }

    public string? Content { get; init; }

    public long? SizeBytes { get; init; }

    public long? FirstLine { get; init; }

    public long? LastLine { get; init; }

    public long? TotalLines { get; init; }

    /// <summary>Offset of the next call, while there is more.</summary>
    public long? NextOffset { get; init; }

    public string? Note { get; init; }
}

/// <summary>A file that was written.</summary>
internal sealed record WrittenFacts
{
    public string? SandboxId { get; init; }

    public string? Path { get; init; }

    public long? Bytes { get; init; }

    /// <summary>How many places an edit changed.</summary>
    public int? Replacements { get; init; }

    public string? Note { get; init; }
}

/// <summary>One entry of a directory.</summary>
internal sealed record EntryFacts
{
    public string? Name { get; init; }

    [JsonPropertyName("dir")]
    public bool? IsDirectory { get; init; }

    [JsonPropertyName("bytes")]
    public long? SizeBytes { get; init; }

    public DateTimeOffset? Modified { get; init; }
}

/// <summary>A line that was looked for.</summary>
internal sealed record MatchFacts
{
    public string? Path { get; init; }

    public long? Line { get; init; }

    public string? Text { get; init; }
}

/// <summary>A directory, or what was found in its tree.</summary>
internal sealed record DirectoryFacts
{
    public string? SandboxId { get; init; }

    public string? Path { get; init; }

    public IReadOnlyList<EntryFacts>? Entries { get; init; }

    public IReadOnlyList<MatchFacts>? Matches { get; init; }

    public int? Total { get; init; }

    public string? Note { get; init; }
}

/// <summary>What can be done to a sandbox.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<SandboxAction>))]
internal enum SandboxAction
{
    [JsonStringEnumMemberName("info")]
    Info,

    [JsonStringEnumMemberName("pause")]
    Pause,

    [JsonStringEnumMemberName("resume")]
    Resume,

    [JsonStringEnumMemberName("stop")]
    Stop,

    [JsonStringEnumMemberName("start")]
    Start,

    [JsonStringEnumMemberName("extend")]
    Extend,
}

/// <summary>How content of a file is written in a call.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ContentEncoding>))]
internal enum ContentEncoding
{
    [JsonStringEnumMemberName("text")]
    Text,

    [JsonStringEnumMemberName("base64")]
    Base64,
}
