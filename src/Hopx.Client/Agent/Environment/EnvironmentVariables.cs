using System.Collections.ObjectModel;
using System.Diagnostics.CodeAnalysis;

namespace Hopx.Client;

/// <summary>Answer of every <c>/env</c> route: all variables of the sandbox.</summary>
public sealed record EnvironmentVariables
{
    [AllowNull]
    public IReadOnlyDictionary<string, string> EnvVars { get => field ?? ReadOnlyDictionary<string, string>.Empty; init; }

    public int Count { get; init; }

    public DateTimeOffset? Timestamp { get; init; }

    public string? RequestId { get; init; }
}

/// <summary>Body of <c>PUT</c> and <c>PATCH /env</c>.</summary>
public sealed record EnvironmentUpdate
{
    public required IReadOnlyDictionary<string, string> EnvVars { get; init; }

    public bool? Merge { get; init; }
}
