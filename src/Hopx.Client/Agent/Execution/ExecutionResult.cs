using System.Text.Json;

namespace Hopx.Client;

/// <summary>Answer of <c>POST /execute</c>. Code that failed is an answer, not an error.</summary>
public sealed record ExecutionResult : RunAnswer
{
    public string? Language { get; init; }

    /// <summary>Text of the last expression, when there is one.</summary>
    public string? Result { get; init; }

    /// <summary>The last picture, base64.</summary>
    public string? Png { get; init; }

    public string? Html { get; init; }

    public string? Svg { get; init; }

    public string? Markdown { get; init; }

    public string? Latex { get; init; }

    public JsonElement? Json { get; init; }

    public JsonElement? Dataframe { get; init; }

    /// <summary>All rich outputs, in the order in which they were shown.</summary>
    public IReadOnlyList<RichOutput>? RichOutputs { get; init; }

    /// <summary>Rich outputs that were dropped because they were too many or too large.</summary>
    public int? RichOutputsOmitted { get; init; }

    /// <summary>The kernel that ran it; absent when an interpreter of its own did.</summary>
    public string? Kernel { get; init; }

    /// <summary>Whether the kernel's variables are gone: it died or had to be killed, and a new one stands in its place.</summary>
    public bool? StateLost { get; init; }
}
