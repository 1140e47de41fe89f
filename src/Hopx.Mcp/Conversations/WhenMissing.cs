namespace Hopx.Mcp.Conversations;

/// <summary>What to do for a conversation that has no sandbox.</summary>
internal enum WhenMissing
{
    /// <summary>Make one.</summary>
    Create,

    /// <summary>Make one with a desktop.</summary>
    CreateWithDesktop,

    /// <summary>Say so: what only reads, finds nothing in a new sandbox.</summary>
    Refuse,
}
