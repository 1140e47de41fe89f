namespace Hopx.ControlPlane.Sandboxes;

/// <summary>What an operation does to a sandbox in some state.</summary>
/// <param name="Next">The state after it; null: it is refused.</param>
/// <param name="Refusal">What to do instead, as a sentence.</param>
internal readonly record struct SandboxTransition(SandboxState? Next, string Refusal = "")
{
    public static SandboxTransition To(SandboxState next) => new(next);

    public static SandboxTransition Refused(string hint) => new(Next: null, hint);
}
