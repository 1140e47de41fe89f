using System.Text.Json.Serialization;

namespace Hopx.Client;

/// <summary>Where a sandbox stands in its life.</summary>
[JsonConverter(typeof(LenientEnumConverter<SandboxStatus>))]
public enum SandboxStatus
{
    /// <summary>A state that this client does not know yet.</summary>
    Unknown,
    Creating,
    Running,
    Paused,
    Stopped,
    Error,
    Deleted,
}
