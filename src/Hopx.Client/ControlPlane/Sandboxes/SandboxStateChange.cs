namespace Hopx.Client;

/// <summary>Answer to delete, pause, resume, stop and start.</summary>
public sealed record SandboxStateChange
{
    public required string Id { get; init; }

    public required SandboxStatus Status { get; init; }

    public string? RequestId { get; init; }
}
