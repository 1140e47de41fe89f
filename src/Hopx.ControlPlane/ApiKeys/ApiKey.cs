namespace Hopx.ControlPlane.ApiKeys;

/// <summary>What is known of an API key; the key itself is only shown when it is made.</summary>
/// <param name="Id">The 12 characters behind <c>hopx_live_</c>.</param>
internal sealed record ApiKey(string Id, string Name, long OrganizationId, ApiKeyScope Scope, DateTimeOffset CreatedAt, DateTimeOffset? RevokedAt);
