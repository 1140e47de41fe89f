namespace Hopx.ControlPlane.Hosting;

/// <summary>Says of a route which record its body is read as.</summary>
internal sealed record TakenBody(Type Type);
