namespace Hopx.ControlPlane.Runtime;

/// <summary>An OCI runtime that was found on this machine.</summary>
internal sealed record OciRuntime(string Name, string Path, string Version)
{
    /// <summary>
    /// Options of its <c>run</c>. A session keyring for each sandbox would be taken from a quota of 200 for all of a user's; nobody could use it,
    /// since the calls that deal with keys are refused inside.
    /// </summary>
    public IReadOnlyList<string> RunOptions => Name is "runc" or "crun" ? ["--no-new-keyring"] : [];
}

/// <summary>Whether a runtime works here, and why not when it does not.</summary>
internal sealed record OciRuntimeVerdict(string Name, OciRuntime? Runtime, string Problem)
{
    public bool Works => Runtime is not null && Problem.Length == 0;

    public override string ToString() => Runtime is null ? $"{Name}: {Problem}" : $"{Runtime.Version} ({Runtime.Path}){(Works ? "" : $": {Problem}")}";
}
