using System.Diagnostics.CodeAnalysis;

namespace Hopx.Client;

/// <summary>A WebSocket message that tells of a failure, with the same words as the body of an HTTP error.</summary>
public sealed record ErrorFrame
{
    [AllowNull]
    public string Type { get => field ?? "error"; init; }

    public string? Error { get; init; }

    public string? Message { get; init; }

    public string? Code { get; init; }

    public string? Path { get; init; }

    public DateTimeOffset? Timestamp { get; init; }
}
