namespace Hopx.ControlPlane.Runtime;

/// <summary>What exists of a home's sandboxes on this machine, by sandbox id; nothing of it need be known to the store.</summary>
internal sealed record SandboxRemains(
    IReadOnlySet<string> Directories, IReadOnlySet<string> RuntimeStates, IReadOnlySet<string> ControlGroups, IReadOnlyDictionary<string, IReadOnlyList<ProcessIdentity>> Processes)
{
    public IReadOnlySet<string> Ids => Directories.Union(RuntimeStates).Union(ControlGroups).Union(Processes.Keys).ToHashSet();

    /// <summary>Whether anything runs, or seems to, of the sandbox of that id.</summary>
    public bool Has(string id) => RuntimeStates.Contains(id) || ControlGroups.Contains(id) || Processes.ContainsKey(id);
}
