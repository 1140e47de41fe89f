namespace Hopx.ControlPlane.Events;

/// <summary>An event that is to be logged with the change that it tells of.</summary>
internal sealed record EventDraft(long? OrganizationId, string? SandboxId, string Type, string Data);
