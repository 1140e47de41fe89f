using System.Text.Json.Serialization;

namespace Hopx.ControlPlane.Runtime;

/// <summary>How a check of the machine came out.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<HostCheckStatus>))]
internal enum HostCheckStatus
{
    [JsonStringEnumMemberName("ok")]
    Ok,

    /// <summary>Sandboxes run, but less well walled or limited than they could be.</summary>
    [JsonStringEnumMemberName("warning")]
    Warning,

    /// <summary>No sandbox can run.</summary>
    [JsonStringEnumMemberName("failed")]
    Failed,
}

/// <summary>One thing that sandboxes need of the machine.</summary>
/// <param name="Remedy">The command or step that mends it; null when nothing has to be mended, or nothing can.</param>
internal sealed record HostCheck(string Name, HostCheckStatus Status, string Detail, string? Remedy = null);
