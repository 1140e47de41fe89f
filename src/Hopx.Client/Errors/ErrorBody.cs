using System.Diagnostics.CodeAnalysis;

namespace Hopx.Client;

/// <summary>Body of an error answer: the superset that every known client of HopX can read.</summary>
public sealed record ErrorBody
{
    public required string Error { get; init; }

    public required string Message { get; init; }

    public required string Code { get; init; }

    public string? RequestId { get; init; }

    public DateTimeOffset? Timestamp { get; init; }

    public string? Path { get; init; }

    /// <summary>Seconds to wait before another try, on 429.</summary>
    public long? RetryAfter { get; init; }

    [AllowNull]
    public ErrorDetails Details { get => field ?? new ErrorDetails(); init; }
}
