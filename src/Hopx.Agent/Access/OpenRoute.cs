namespace Hopx.Agent;

/// <summary>Marks a route that needs no token.</summary>
internal sealed class OpenRoute;
