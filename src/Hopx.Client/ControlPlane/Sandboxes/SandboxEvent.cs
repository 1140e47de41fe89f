using System.Diagnostics.CodeAnalysis;
using System.Text.Json.Serialization;

namespace Hopx.Client;

/// <summary>Something that happened to a sandbox.</summary>
public sealed record SandboxEvent
{
    /// <summary>Number of the event, to go on behind it later; not part of the data on the wire, where it has a field of its own.</summary>
    [JsonIgnore]
    public string? Id { get; init; }

    /// <summary>Such as <c>sandbox.paused</c>; <c>log.truncated</c> when events before this one are no longer kept.</summary>
    [AllowNull]
    public string Type { get => field ?? ""; init; }

    public string? SandboxId { get; init; }

    public SandboxStatus Status { get; init; }

    public DateTimeOffset Timestamp { get; init; }

    /// <summary>Why, where nobody asked for it.</summary>
    public string? Reason { get; init; }

    /// <summary>The new end of its life, for <c>sandbox.timeout_updated</c>.</summary>
    public DateTimeOffset? ExpiresAt { get; init; }
}
