using System.Diagnostics.CodeAnalysis;

namespace Hopx.Mcp.Conversations;

/// <summary>Not a failure: the sandbox that the call needs is not ready within the call's time, and the same call later will find it.</summary>
[SuppressMessage("Design", "CA1032:Implement standard exception constructors", Justification = "Only the template makes it tell something.")]
internal sealed class SandboxStillPreparingException(string template) : Exception($"A sandbox from template '{template}' is still being prepared.")
{
    public string Template { get; } = template;
}
