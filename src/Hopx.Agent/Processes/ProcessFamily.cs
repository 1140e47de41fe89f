namespace Hopx.Agent;

/// <summary>
/// A started process and all that came from it. Daemons leave the process group, the session and, once orphaned, the line of
/// parents; what stays with them is the environment, in which each run carries its own mark.
/// </summary>
internal sealed class ProcessFamily(ChildProcess leader, string mark)
{
    /// <summary>The variable that carries the mark.</summary>
    public const string MarkVariable = "HOPX_RUN";

    private const int MaxRounds = 64;

    /// <summary>Kills everyone, also those that try to get away while it happens.</summary>
    public void Kill()
    {
        leader.SignalGroup(Libc.SigKill);

        // Stopped ones cannot fork any more, so the family stops growing before it is killed.
        var stopped = new HashSet<int>();
        for (var round = 0; round < MaxRounds; round++)
        {
            var grew = false;
            foreach (var member in FindOthers())
            {
                if (stopped.Add(member))
                {
                    grew = true;
                    _ = Libc.Kill(member, Libc.SigStop);
                }
            }

            if (!grew)
            {
                break;
            }
        }

        foreach (var member in stopped)
        {
            _ = Libc.Kill(member, Libc.SigKill);
        }
    }

    public bool Includes(int process) => process == leader.Id || FindOthers().Contains(process);

    private HashSet<int> FindOthers()
    {
        var entries = ProcessTable.Read();
        var family = new HashSet<int> { leader.Id };
        foreach (var entry in entries)
        {
            if (entry.Session == leader.Id || entry.Group == leader.Id || (!entry.IsDead && ProcessTable.HasVariable(entry.Id, MarkVariable, mark)))
            {
                family.Add(entry.Id);
            }
        }

        bool grew;
        do
        {
            grew = false;
            foreach (var entry in entries)
            {
                grew |= family.Contains(entry.Parent) && family.Add(entry.Id);
            }
        }
        while (grew);

        family.Remove(leader.Id);
        family.Remove(Environment.ProcessId);
        family.RemoveWhere(id => id <= 1 || entries.Exists(entry => entry.Id == id && entry.IsDead));
        return family;
    }
}
