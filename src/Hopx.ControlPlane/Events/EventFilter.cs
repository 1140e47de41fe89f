namespace Hopx.ControlPlane.Events;

/// <summary>Which events a reader gets.</summary>
/// <param name="Topic">What their types begin with, such as <c>sandbox.</c>.</param>
/// <param name="OrganizationId">The reader's own.</param>
/// <param name="SandboxId">Only those of this sandbox; null: of all.</param>
internal sealed record EventFilter(string Topic, long OrganizationId, string? SandboxId = null)
{
    public const string Sandboxes = "sandbox.";
    public const string Templates = "template.";

    public bool Takes(LoggedEvent logged) =>
        logged.Type.StartsWith(Topic, StringComparison.Ordinal)
        && (logged.OrganizationId is null || logged.OrganizationId == OrganizationId)
        && (SandboxId is null || logged.SandboxId == SandboxId);
}
