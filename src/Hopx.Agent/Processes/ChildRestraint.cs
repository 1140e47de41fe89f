using System.Globalization;
using Microsoft.Extensions.Options;

namespace Hopx.Agent;

/// <summary>Sees to it that what callers run suffers before the agent does when memory or processes run out.</summary>
internal sealed class ChildRestraint(IOptions<AgentOptions> options)
{
    private const int ProcessesForTheAgent = 24;
    private const int Oneself = 0;
    private const int UsualVictim = 500;

    private readonly Lock _gate = new();

    public ChildProcess Start(ChildReaper reaper, ProcessSpec spec)
    {
        var child = options.Value.ProcessLimit is { } limit ? Start(reaper, spec, (ulong)(limit - ProcessesForTheAgent)) : reaper.Start(spec);
        PreferAsMemoryVictim(child, UsualVictim);
        return child;
    }

    /// <param name="child">Whom the kernel kills rather than others.</param>
    /// <param name="preference">Up to 1000: before all others.</param>
    public static void PreferAsMemoryVictim(ChildProcess child, int preference)
    {
        try
        {
            File.WriteAllText($"/proc/{child.Id}/oom_score_adj", preference.ToString(CultureInfo.InvariantCulture));
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            // It has ended already.
        }
    }

    // The runtime ends a program that cannot make a thread at the wrong moment, so children may not take the last processes.
    private unsafe ChildProcess Start(ChildReaper reaper, ProcessSpec spec, ulong most)
    {
        ChildProcess child;
        lock (_gate)
        {
            // A child starts under the limit that holds for the agent. Set only afterwards, it would miss what a fork bomb has started by then.
            Libc.ResourceLimit own;
            var isKnown = Libc.SetResourceLimit(Oneself, Libc.LimitProcesses, null, &own) == 0;
            if (isKnown)
            {
                var lowered = own with { Soft = Math.Min(most, own.Soft) };
                _ = Libc.SetResourceLimit(Oneself, Libc.LimitProcesses, &lowered, null);
            }

            try
            {
                child = reaper.Start(spec);
            }
            finally
            {
                if (isKnown)
                {
                    _ = Libc.SetResourceLimit(Oneself, Libc.LimitProcesses, &own, null);
                }
            }
        }

        // What it inherited it could raise again.
        var final = new Libc.ResourceLimit { Soft = most, Hard = most };
        _ = Libc.SetResourceLimit(child.Id, Libc.LimitProcesses, &final, null);
        return child;
    }
}
