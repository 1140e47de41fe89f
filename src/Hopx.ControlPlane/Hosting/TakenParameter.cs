namespace Hopx.ControlPlane.Hosting;

/// <summary>Says of a route that it reads a header or a part of the query by itself, where no argument of its method tells.</summary>
/// <param name="Name">What it is called.</param>
/// <param name="IsHeader">In a header, or else in the query.</param>
/// <param name="Description">What it is for, in one sentence.</param>
internal sealed record TakenParameter(string Name, bool IsHeader, string Description);
