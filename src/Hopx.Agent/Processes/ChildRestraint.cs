using Microsoft.Extensions.Options;

namespace Hopx.Agent;

/// <summary>Sees to it that what callers run suffers before the agent does when memory or processes run out.</summary>
internal sealed class ChildRestraint(IOptions<AgentOptions> options)
{
    private const int ProcessesForTheAgent = 24;

    public ChildProcess Apply(ChildProcess child)
    {
        // First, since it is a race with what the child starts.
        LeaveProcessesForTheAgent(child);
        PreferAsMemoryVictim(child);
        return child;
    }

    private static void PreferAsMemoryVictim(ChildProcess child)
    {
        try
        {
            File.WriteAllText($"/proc/{child.Id}/oom_score_adj", "500");
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            // It has ended already.
        }
    }

    // The runtime ends a program that cannot make a thread at the wrong moment.
    private unsafe void LeaveProcessesForTheAgent(ChildProcess child)
    {
        if (options.Value.ProcessLimit is { } limit)
        {
            var most = new Libc.ResourceLimit { Soft = (ulong)(limit - ProcessesForTheAgent), Hard = (ulong)(limit - ProcessesForTheAgent) };
            _ = Libc.SetResourceLimit(child.Id, Libc.LimitProcesses, &most, null);
        }
    }
}
