namespace Hopx.Client;

/// <summary>Body of <c>PUT /v1/sandboxes/{id}/timeout</c>: a new lifetime, counted from now.</summary>
public sealed record SetTimeoutRequest
{
    public long? TimeoutSeconds { get; init; }
}

/// <summary>Answer to a new lifetime.</summary>
public sealed record SandboxTimeout
{
    public required string Id { get; init; }

    public long TimeoutSeconds { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    public string? RequestId { get; init; }
}
