namespace Hopx.ControlPlane.Runtime;

/// <summary>An OCI runtime that was found on this machine.</summary>
internal sealed record OciRuntime(string Name, string Path, string Version);

/// <summary>Whether a runtime works here, and why not when it does not.</summary>
internal sealed record OciRuntimeVerdict(string Name, OciRuntime? Runtime, string Problem)
{
    public bool Works => Runtime is not null && Problem.Length == 0;

    public override string ToString() => Runtime is null ? $"{Name}: {Problem}" : $"{Runtime.Version} ({Runtime.Path}){(Works ? "" : $": {Problem}")}";
}
