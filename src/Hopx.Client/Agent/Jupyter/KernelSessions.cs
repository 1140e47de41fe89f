using System.Diagnostics.CodeAnalysis;

namespace Hopx.Client;

/// <summary>Answer of <c>GET /jupyter/sessions</c>.</summary>
public sealed record KernelSessions
{
    [AllowNull]
    public IReadOnlyList<KernelSession> Sessions { get => field ?? []; init; }

    public int Count => Sessions.Count;

    public DateTimeOffset? Timestamp { get; init; }

    public string? RequestId { get; init; }
}
