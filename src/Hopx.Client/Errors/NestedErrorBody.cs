using System.Diagnostics.CodeAnalysis;

namespace Hopx.Client;

/// <summary>The form of an error answer that HopX's Python SDK reads: <c>error</c> is an object.</summary>
public sealed record NestedErrorBody
{
    public required NestedError Error { get; init; }

    public required string Message { get; init; }

    public required string Code { get; init; }

    public string? RequestId { get; init; }
}

/// <summary>The object inside <see cref="NestedErrorBody"/>.</summary>
public sealed record NestedError
{
    public required string Message { get; init; }

    public required string Code { get; init; }

    public string? RequestId { get; init; }

    [AllowNull]
    public ErrorDetails Details { get => field ?? new ErrorDetails(); init; }
}
