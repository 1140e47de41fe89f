namespace Hopx.Client;

/// <summary>Answer of <c>GET /health</c> of the control plane.</summary>
public sealed record ServiceHealth
{
    public required string Status { get; init; }

    public string? Version { get; init; }

    public DateTimeOffset? Timestamp { get; init; }
}
