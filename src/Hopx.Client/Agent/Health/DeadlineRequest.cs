namespace Hopx.Client;

/// <summary>Body of the agent's private <c>PUT /control/deadline</c>: when the sandbox ends itself; null for never.</summary>
public sealed record DeadlineRequest
{
    public DateTimeOffset? Deadline { get; init; }
}
