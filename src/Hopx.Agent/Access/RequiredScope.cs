namespace Hopx.Agent;

/// <summary>Marks a route that only tokens with this scope may call.</summary>
internal sealed record RequiredScope(string Scope);
