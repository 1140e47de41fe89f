using System.Diagnostics.CodeAnalysis;

namespace Hopx.Client;

/// <summary>One page of a list; <see cref="NextCursor"/> is there exactly when <see cref="HasMore"/> is true.</summary>
public sealed record ListPage<T>
{
    [AllowNull]
    public string Object { get => field ?? "list"; init; }

    public IReadOnlyList<T>? Data { get; init; }

    public bool HasMore { get; init; }

    public string? NextCursor { get; init; }

    public string? Url { get; init; }

    public string? RequestId { get; init; }
}
