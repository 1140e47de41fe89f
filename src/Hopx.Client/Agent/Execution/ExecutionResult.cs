using System.Diagnostics.CodeAnalysis;
using System.Text.Json;

namespace Hopx.Client;

/// <summary>Answer of <c>POST /execute</c>. Code that failed is an answer, not an error.</summary>
public sealed record ExecutionResult
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

    public string? Language { get; init; }

    public DateTimeOffset? Timestamp { get; init; }

    /// <summary>Text of the last expression, when there is one.</summary>
    public string? Result { get; init; }

    /// <summary>The last picture, base64.</summary>
    public string? Png { get; init; }

    public string? Html { get; init; }

    public string? Svg { get; init; }

    public string? Markdown { get; init; }

    public JsonElement? Json { get; init; }

    public JsonElement? Dataframe { get; init; }

    /// <summary>All rich outputs, in the order in which they were shown.</summary>
    public IReadOnlyList<RichOutput>? RichOutputs { get; init; }

    public RunOutcome Outcome { get; init; }

    /// <summary>Bytes of stdout that were cut out of the middle.</summary>
    public long? StdoutOmittedBytes { get; init; }

    /// <summary>Bytes of stderr that were cut out of the middle.</summary>
    public long? StderrOmittedBytes { get; init; }

    public string? RequestId { get; init; }
}
