namespace Hopx.Agent;

/// <summary>A path beneath one of the allowed directories, as text: what stands there is only known once it is opened.</summary>
/// <param name="Root">The allowed directory.</param>
/// <param name="Relative">The rest, without <c>..</c>; empty for the directory itself.</param>
internal sealed record SandboxPath(string Root, string Relative)
{
    public string Full => IsRoot ? Root : $"{Root}/{Relative}";

    public bool IsRoot => Relative.Length == 0;

    public string Name => Relative[(Relative.LastIndexOf('/') + 1)..];

    public SandboxPath Parent => this with { Relative = Relative[..Math.Max(0, Relative.LastIndexOf('/'))] };

    public SandboxPath Child(string name) => this with { Relative = IsRoot ? name : $"{Relative}/{name}" };
}
