using System.Text.Json.Serialization;
using Hopx.Client;
using Hopx.ControlPlane.Runtime;

namespace Hopx.ControlPlane.Sandboxes;

/// <summary>All that is known of a sandbox. Immutable: every change replaces it whole, in memory and in the state file.</summary>
internal sealed record SandboxRecord
{
    public required string Id { get; init; }

    public required long OrganizationId { get; init; }

    public required SandboxStatus Status { get; init; }

    /// <summary>Whether it was paused for lack of use, so that the next request wakes it.</summary>
    public bool WakesOnRequest { get; init; }

    /// <summary>Where it stands in the state machine.</summary>
    [JsonIgnore]
    public SandboxState State => Status switch
    {
        SandboxStatus.Creating => SandboxState.Creating,
        SandboxStatus.Running => SandboxState.Running,
        SandboxStatus.Paused => WakesOnRequest ? SandboxState.Asleep : SandboxState.Paused,
        SandboxStatus.Stopped => SandboxState.Stopped,
        SandboxStatus.Deleted => SandboxState.Deleted,
        _ => SandboxState.Error,
    };

    /// <summary>What is being done to it: written first where a crash half way would look like a death of its own.</summary>
    public SandboxOperation? Underway { get; init; }

    /// <summary>The state in a sentence.</summary>
    [JsonIgnore]
    public string StatusName => Status.ToString().ToLowerInvariant();

    /// <summary>Why it is in a state that nobody asked for, as a sentence; null otherwise.</summary>
    public string? StatusReason { get; init; }

    public required string TemplateId { get; init; }

    public required string TemplateName { get; init; }

    public required SandboxResources Resources { get; init; }

    /// <summary>Lifetime that was asked for last; null: until it is deleted.</summary>
    public long? TimeoutSeconds { get; init; }

    public DateTimeOffset? ExpiresAt { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    /// <summary>When its processes started last.</summary>
    public DateTimeOffset? StartedAt { get; init; }

    /// <summary>Loopback port of its agent; kept over a restart of the server where that can be had.</summary>
    public int? Port { get; init; }

    /// <summary>Facts by which the runtime finds it again; null while it is being made and when it is stopped.</summary>
    public SandboxHandle? Handle { get; init; }

    /// <summary>The same sandbox in another state.</summary>
    public SandboxRecord In(SandboxState state, string? reason = null) => this with
    {
        Status = state switch
        {
            SandboxState.Creating => SandboxStatus.Creating,
            SandboxState.Running => SandboxStatus.Running,
            SandboxState.Paused or SandboxState.Asleep => SandboxStatus.Paused,
            SandboxState.Stopped => SandboxStatus.Stopped,
            SandboxState.Deleted => SandboxStatus.Deleted,
            _ => SandboxStatus.Error,
        },
        WakesOnRequest = state is SandboxState.Asleep,
        StatusReason = reason,
        Underway = null,
    };
}
