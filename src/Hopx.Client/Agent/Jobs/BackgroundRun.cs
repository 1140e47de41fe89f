namespace Hopx.Client;

/// <summary>Answer of the routes that start something in the background.</summary>
public sealed record BackgroundRun
{
    public required string ProcessId { get; init; }

    public string? ExecutionId { get; init; }

    public JobStatus Status { get; init; }

    public string? Name { get; init; }

    public int? Pid { get; init; }

    public string? Command { get; init; }

    public string? Message { get; init; }

    public DateTimeOffset? StartTime { get; init; }
}
