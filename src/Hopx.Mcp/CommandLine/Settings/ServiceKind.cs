namespace Hopx.Mcp.CommandLine.Settings;

/// <summary>Where the sandboxes live.</summary>
internal enum ServiceKind
{
    /// <summary>On this machine, in the control plane that comes with this program.</summary>
    Embedded,

    /// <summary>In the HopX cloud: only an API key is set.</summary>
    Cloud,

    /// <summary>At a control plane whose address is set.</summary>
    Remote,
}
