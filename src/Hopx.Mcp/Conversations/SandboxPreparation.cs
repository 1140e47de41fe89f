using Hopx.Client;
using Hopx.Mcp.Hosting;

namespace Hopx.Mcp.Conversations;

/// <summary>A create that goes on when the call that asked for it has been answered.</summary>
internal sealed class SandboxPreparation(string key, Caller caller, Task<Sandbox> creation)
{
    /// <summary>Who may pick the sandbox up: the same caller with the same wishes.</summary>
    public string Key { get; } = key;

    /// <summary>Its own hold on the caller's connection.</summary>
    public Caller Caller { get; } = caller;

    public Task<Sandbox> Creation { get; } = creation;

    /// <summary>Whether a call is waiting for it right now.</summary>
    public bool IsAwaited { get; set; } = true;

    /// <summary>Counts the calls that waited, so that a clean-up can tell whether it is still meant.</summary>
    public int Round { get; set; }
}
