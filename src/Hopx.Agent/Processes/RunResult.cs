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

    public bool Success => Outcome is RunOutcome.Completed;
}
