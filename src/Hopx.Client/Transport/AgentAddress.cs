namespace Hopx.Client;

/// <summary>Where the agent of a sandbox listens and what it wants to see.</summary>
internal sealed record AgentAddress(Uri Url, string Token, DateTimeOffset TokenExpiresAt);
