namespace Hopx.Client;

/// <summary>The <c>details</c> of an error answer; what does not apply is left out.</summary>
public sealed record ErrorDetails
{
    public string? Path { get; init; }

    /// <summary>A number, since HopX's Python SDK sleeps that long.</summary>
    public long? RetryAfterSeconds { get; init; }

    public long? Limit { get; init; }

    public long? Current { get; init; }

    /// <summary>What a template lacks for a desktop.</summary>
    public IReadOnlyList<string>? MissingDependencies { get; init; }
}
