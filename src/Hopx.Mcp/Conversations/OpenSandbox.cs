using Hopx.Client;
using Hopx.Mcp.Hosting;

namespace Hopx.Mcp.Conversations;

/// <summary>The sandbox that a call works on.</summary>
/// <param name="Caller">Whose it is.</param>
/// <param name="Id">Its identifier.</param>
/// <param name="Notes">What the model has to know about how it came to be used.</param>
internal sealed record OpenSandbox(Caller Caller, string Id, IReadOnlyList<string> Notes)
{
    public AgentClient Agent => Caller.Client.Agent(Id);

    /// <summary>The notes as one text, or null.</summary>
    public string? Note => Notes is [] ? null : string.Join(' ', Notes);
}
