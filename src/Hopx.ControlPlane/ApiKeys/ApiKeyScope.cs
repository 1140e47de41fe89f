namespace Hopx.ControlPlane.ApiKeys;

/// <summary>What a key is good for.</summary>
internal enum ApiKeyScope
{
    /// <summary>Everything within its organization.</summary>
    Full,

    /// <summary>Looking: lists, single sandboxes, templates, events and metrics. No change, and no way into a sandbox.</summary>
    ReadOnly,
}
