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

    /// <summary>Loopback port of its agent; kept over a restart of the server where that can be had.</summary>
    public int? Port { get; init; }

    /// <summary>Facts by which the runtime finds it again; null while it is being made and when it is stopped.</summary>
    public SandboxHandle? Handle { get; init; }
}
