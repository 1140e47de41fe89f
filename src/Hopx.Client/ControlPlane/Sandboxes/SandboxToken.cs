using System.Diagnostics.CodeAnalysis;

namespace Hopx.Client;

/// <summary>A fresh token for the agent of a sandbox; earlier ones stay valid until they expire.</summary>
public sealed record SandboxToken
{
    [AllowNull]
    public string Id { get => field ?? ""; init; }

    public string? SandboxId => Id;

    public required string AuthToken { get; init; }

    public required DateTimeOffset TokenExpiresAt { get; init; }

    public string? RequestId { get; init; }
}
