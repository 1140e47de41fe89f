using System.Diagnostics.CodeAnalysis;

namespace Hopx.Client;

/// <summary>Answer of <c>POST /commands/run</c>. A command that failed is an answer, not an error.</summary>
public sealed record CommandResult
{
    public required bool Success { get; init; }

    [AllowNull]
    public string Stdout { get => field ?? ""; init; }

    [AllowNull]
    public string Stderr { get => field ?? ""; init; }

    /// <summary>124 after a timeout, 127 when the program is missing, 128 + signal when one ended it.</summary>
    public int ExitCode { get; init; }

    /// <summary>Seconds.</summary>
    public double ExecutionTime { get; init; }

    public string? Command { get; init; }

    public int? Pid { get; init; }

    public DateTimeOffset? Timestamp { get; init; }

    public RunOutcome Outcome { get; init; }

    /// <summary>Bytes of stdout that were cut out of the middle.</summary>
    public long? StdoutOmittedBytes { get; init; }

    /// <summary>Bytes of stderr that were cut out of the middle.</summary>
    public long? StderrOmittedBytes { get; init; }

    public string? RequestId { get; init; }
}
