namespace Hopx.Testing.Compatibility;

/// <summary>One line of <c>docs/compatibility.md</c>.</summary>
/// <param name="Section">Heading that it stands under.</param>
/// <param name="Key">Route, such as <c>GET /env</c>, or trap, such as <c>T-12</c>.</param>
/// <param name="State">yes, addition, no or elsewhere.</param>
/// <param name="Proofs">Full names of the tests that prove it.</param>
public sealed record CompatibilityRow(string Section, string Key, string State, IReadOnlyList<string> Proofs)
{
    public bool IsServed => State is "yes" or "addition";
}
