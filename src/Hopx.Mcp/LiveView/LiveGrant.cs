using Hopx.Mcp.Hosting;

namespace Hopx.Mcp.LiveView;

/// <summary>What a person may do at a desktop.</summary>
internal enum LiveAccess
{
    /// <summary>See it.</summary>
    View,

    /// <summary>See it, and take mouse and keyboard.</summary>
    Control,
}

/// <summary>What a ticket stands for. Whoever holds it disposes it, which lets the caller's connection go.</summary>
/// <param name="Caller">In whose name the desktop is reached.</param>
/// <param name="SandboxId">Whose desktop it is.</param>
/// <param name="Access">What the person may do there.</param>
/// <param name="Reason">What they are asked to do.</param>
internal sealed record LiveGrant(Caller Caller, string SandboxId, LiveAccess Access, string? Reason) : IDisposable
{
    public void Dispose() => Caller.Dispose();
}
