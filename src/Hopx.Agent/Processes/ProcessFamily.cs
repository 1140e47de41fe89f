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
    private const int Crowd = 32;
    private const int Everyone = -1;

    private volatile int[] _killed = [];

    /// <summary>Kills everyone, also those that try to get away while it happens.</summary>
    public void Kill()
    {
        leader.SignalGroup(Libc.SigKill);

        // Stopped ones cannot fork any more, so the family stops growing before it is killed.
        var stopped = new HashSet<int>();
        var isFrozen = false;
        foreach (var entry in ProcessTable.Read().Where(IsMarked))
        {
            Stop(entry.Id, stopped);
            if (stopped.Count == Crowd && Environment.ProcessId == 1)
            {
                // A crowd that forks leaves the agent too little time to read the table, so the whole sandbox halts for a moment.
                isFrozen = true;
                _ = Libc.Kill(Everyone, Libc.SigStop);
            }
        }

        for (var round = 0; round < MaxRounds; round++)
        {
            var grew = false;
            foreach (var member in FindOthers())
            {
                grew |= Stop(member, stopped);
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

        _killed = [.. stopped];

        if (isFrozen)
        {
            _ = Libc.Kill(Everyone, Libc.SigContinue);
        }
    }

    /// <summary>Whether one that was killed is not dead yet.</summary>
    public bool HasDying => Array.Exists(_killed, member => ProcessTable.ReadEntry(member) is { IsDead: false });

    public bool Includes(int process) => process == leader.Id || FindOthers().Contains(process);

    public IEnumerable<int> FindAll() => FindOthers().Append(leader.Id);

    private static bool Stop(int process, HashSet<int> stopped)
    {
        if (!stopped.Add(process))
        {
            return false;
        }

        _ = Libc.Kill(process, Libc.SigStop);
        return true;
    }

    private bool IsMarked(ProcessEntry entry) =>
        entry.Id > 1
        && entry.Id != leader.Id
        && entry.Id != Environment.ProcessId
        && !entry.IsDead
        && (entry.Session == leader.Id || entry.Group == leader.Id || ProcessTable.HasVariable(entry.Id, MarkVariable, mark));

    private HashSet<int> FindOthers()
    {
        var entries = ProcessTable.Read().ToList();
        var family = entries.Where(IsMarked).Select(entry => entry.Id).Append(leader.Id).ToHashSet();

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
