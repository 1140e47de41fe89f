namespace Hopx.ControlPlane.ApiKeys;

/// <summary>Who sent a request: every look-up of a sandbox is within this organization.</summary>
/// <param name="Subject">Stable text for the caller: the id of the key, or <c>local</c>.</param>
internal sealed record Caller(string Subject, long OrganizationId, ApiKeyScope Scope = ApiKeyScope.Full)
{
    /// <summary>Whoever can open the control socket: the user who runs the server.</summary>
    public static readonly Caller Local = new("local", OrganizationId: 1);

    public bool IsLocal => Subject == Local.Subject;

    public bool MayChange => Scope is ApiKeyScope.Full;
}
