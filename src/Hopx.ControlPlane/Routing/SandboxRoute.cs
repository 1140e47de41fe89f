namespace Hopx.ControlPlane.Routing;

/// <summary>Connection feature: the sandbox whose port a connection came in on.</summary>
internal sealed record SandboxRoute(string SandboxId);
