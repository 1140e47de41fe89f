using System.Diagnostics.CodeAnalysis;

namespace Hopx.Client;

/// <summary>Answer to delete, pause, resume, stop and start.</summary>
public sealed record SandboxStateChange
{
    [AllowNull]
    public string Id { get => field ?? ""; init; }

    public SandboxStatus Status { get; init; }

    public string? RequestId { get; init; }
}
