using System.Diagnostics.CodeAnalysis;

namespace Hopx.Client;

/// <summary>What code and commands have in common when they ended, or when the answer came before their end.</summary>
public abstract record RunAnswer
{
    public required bool Success { get; init; }

    [AllowNull]
    public string Stdout { get => field ?? ""; init; }

    [AllowNull]
    public string Stderr { get => field ?? ""; init; }

    /// <summary>124 after a timeout, 127 when the program is missing, 128 + signal when one ended it.</summary>
    public int ExitCode { get; init; }

    /// <summary>Seconds by the clock on the wall.</summary>
    public double ExecutionTime { get; init; }

    public DateTimeOffset? Timestamp { get; init; }

    public RunOutcome Outcome { get; init; }

    /// <summary>The outcome in one sentence, with the figures that explain it; absent when it completed and nothing was cut.</summary>
    public string? Explanation { get; init; }

    /// <summary>Name of the signal that ended it, such as SIGSEGV.</summary>
    public string? Signal { get; init; }

    /// <summary>Seconds that processors worked for it.</summary>
    public double? CpuTime { get; init; }

    /// <summary>Most memory that its process held.</summary>
    public long? PeakMemoryBytes { get; init; }

    /// <summary>Bytes that it wrote to disk.</summary>
    public long? BytesWritten { get; init; }

    /// <summary>Bytes of stdout that were cut out of the middle.</summary>
    public long? StdoutOmittedBytes { get; init; }

    /// <summary>Bytes of stderr that were cut out of the middle.</summary>
    public long? StderrOmittedBytes { get; init; }

    /// <summary>Identifies the run in the routes of jobs and processes; there when it may be asked for again.</summary>
    public string? ProcessId { get; init; }

    /// <summary>Where to read on in the output of the job, when the answer came before the end.</summary>
    public long? OutputOffset { get; init; }

    /// <summary><c>running</c> when the answer came before the end; absent from services that always wait.</summary>
    public string? Status { get; init; }

    /// <summary>What the run waits for from its caller, when it does.</summary>
    public InputWait? WaitingForInput { get; init; }

    public string? RequestId { get; init; }
}
