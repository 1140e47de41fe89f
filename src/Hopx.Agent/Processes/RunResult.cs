using Hopx.Client;

namespace Hopx.Agent;

/// <summary>How a run ended and what it wrote.</summary>
internal sealed record RunResult
{
    public required RunOutcome Outcome { get; init; }

    public required int ExitCode { get; init; }

    public required TimeSpan Duration { get; init; }

    public int? ProcessId { get; init; }

    public string Stdout { get; init; } = "";

    public string Stderr { get; init; } = "";

    public long? StdoutOmittedBytes { get; init; }

    public long? StderrOmittedBytes { get; init; }

    public string? Explanation { get; init; }

    /// <summary>Number of the signal that ended it.</summary>
    public int? Signal { get; init; }

    public TimeSpan? CpuTime { get; init; }

    public long? PeakMemoryBytes { get; init; }

    public long? BytesWritten { get; init; }

    public RichContent Rich { get; init; } = RichContent.None;

    /// <summary>The kernel it ran in, if any.</summary>
    public string? Kernel { get; init; }

    /// <summary>Whether the variables of that kernel are gone.</summary>
    public bool StateLost { get; init; }

    public bool Success => Outcome is RunOutcome.Completed;
}
