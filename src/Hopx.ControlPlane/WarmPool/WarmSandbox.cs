using System.Text.Json.Serialization;
using Hopx.ControlPlane.Sandboxes;

namespace Hopx.ControlPlane.WarmPool;

/// <summary>A sandbox that is kept ready, as the state file knows it. It has its final id from the start; who claims it gives it an owner, a lifetime and variables.</summary>
internal sealed record WarmSandbox
{
    /// <summary>What becomes the claimer's record. It belongs to no organization, and has a handle once it runs.</summary>
    public required SandboxRecord Record { get; init; }

    /// <summary>Build of the template that it was made from.</summary>
    public required string BuildId { get; init; }

    /// <summary>All else that it was made with: one that would come out differently today is no use.</summary>
    public required string MadeWith { get; init; }

    [JsonIgnore]
    public string Id => Record.Id;

    /// <summary>When its agent ends it, unless it is claimed before.</summary>
    [JsonIgnore]
    public DateTimeOffset EndsAt => Record.ExpiresAt!.Value;
}
