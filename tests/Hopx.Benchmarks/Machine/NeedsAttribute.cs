namespace Hopx.Benchmarks.Machine;

/// <summary>A benchmark that is left out, by name, where that is missing.</summary>
[AttributeUsage(AttributeTargets.Method)]
public sealed class NeedsAttribute(Need need) : Attribute
{
    public Need Need { get; } = need;
}
