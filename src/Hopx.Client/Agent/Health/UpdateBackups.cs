namespace Hopx.Client;

/// <summary>Answer of <c>GET /update/backups</c>: earlier versions of the agent that are kept. A local agent keeps none, since its server brings it along.</summary>
public sealed record UpdateBackups
{
    public IReadOnlyList<string>? Backups { get; init; }

    public string? RequestId { get; init; }
}
