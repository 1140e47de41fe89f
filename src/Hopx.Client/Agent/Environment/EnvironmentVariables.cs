namespace Hopx.Client;

/// <summary>Answer of every <c>/env</c> route: all variables of the sandbox.</summary>
public sealed record EnvironmentVariables
{
    public required IReadOnlyDictionary<string, string> EnvVars { get; init; }

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
