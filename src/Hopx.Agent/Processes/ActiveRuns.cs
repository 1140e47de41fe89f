using System.Collections.Concurrent;

namespace Hopx.Agent;

/// <summary>The runs that are going on, so that they can be found from one of their processes, and ended with the agent.</summary>
internal sealed class ActiveRuns
{
    private readonly ConcurrentDictionary<ActiveRun, byte> _runs = [];

    public int Count => _runs.Count;

    public void Add(ActiveRun run) => _runs[run] = 0;

    public void Remove(ActiveRun run) => _runs.TryRemove(run, out _);

    public ActiveRun? FindByProcess(int process) => _runs.Keys.FirstOrDefault(run => run.Family.Includes(process));

    public HashSet<int> FindProcesses() => [.. _runs.Keys.SelectMany(run => run.Family.FindAll())];

    public void KillAll()
    {
        foreach (var run in _runs.Keys)
        {
            run.Family.Kill();
        }
    }
}
