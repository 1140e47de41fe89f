namespace Hopx.Agent;

/// <summary>What a job is, before it has begun.</summary>
internal sealed record JobDescription
{
    /// <summary><c>code</c> or <c>command</c>.</summary>
    public required string Kind { get; init; }

    public string? Name { get; init; }

    public string? Language { get; init; }

    public string? Command { get; init; }

    /// <summary>Whether its standard input can be typed into.</summary>
    public bool TakesInput { get; init; }

    /// <summary>What is kept of its result beside its output, as JSON.</summary>
    public Func<RunResult, byte[]>? DescribeResult { get; init; }
}
