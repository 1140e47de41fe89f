using System.Text.Json.Serialization;

namespace Hopx.Client;

/// <summary>A run that goes on, or went on, without its caller.</summary>
public sealed record JobInfo
{
    private readonly DateTimeOffset? _start;
    private readonly DateTimeOffset? _end;
    private readonly double? _duration;

    public required string ProcessId { get; init; }

    public string? ExecutionId { get; init; }

    public string? Name { get; init; }

    public JobStatus Status { get; init; }

    /// <summary><c>code</c> or <c>command</c>.</summary>
    public string? Kind { get; init; }

    public string? Language { get; init; }

    /// <summary>The command line, or the beginning of the code.</summary>
    public string? Command { get; init; }

    public int? Pid { get; init; }

    public DateTimeOffset? StartTime { get => _start; init => _start = value ?? _start; }

    /// <summary>Another spelling of <see cref="StartTime"/>: clients read one or the other.</summary>
    public DateTimeOffset? StartedAt { get => _start; init => _start = value ?? _start; }

    public DateTimeOffset? EndTime { get => _end; init => _end = value ?? _end; }

    /// <summary>Another spelling of <see cref="EndTime"/>.</summary>
    public DateTimeOffset? CompletedAt { get => _end; init => _end = value ?? _end; }

    /// <summary>Seconds from its start to its end, or to now.</summary>
    public double? Duration { get => _duration; init => _duration = value ?? _duration; }

    /// <summary>Another spelling of <see cref="Duration"/>.</summary>
    public double? ExecutionTime { get => _duration; init => _duration = value ?? _duration; }

    public int? ExitCode { get; init; }

    public RunOutcome? Outcome { get; init; }

    /// <summary>The outcome in one sentence.</summary>
    public string? Explanation { get; init; }

    /// <summary>The last of what it wrote; only in lists.</summary>
    public string? Stdout { get; init; }

    /// <inheritdoc cref="Stdout"/>
    public string? Stderr { get; init; }

    public long? StdoutBytes { get; init; }

    public long? StderrBytes { get; init; }

    /// <summary>Directory in the sandbox with its output as files; absent when there are none.</summary>
    public string? OutputDirectory { get; init; }

    /// <summary>Whether its standard input can be typed into.</summary>
    public bool? Interactive { get; init; }

    public InputWait? WaitingForInput { get; init; }

    [JsonIgnore]
    public bool HasEnded => Status.HasEnded;
}
