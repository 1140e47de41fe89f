using System.Runtime;

namespace Hopx.Agent;

/// <summary>Gives memory back once the agent has become idle: there is one in every sandbox, and most of them wait.</summary>
internal sealed class MemoryTrim(ActiveRuns active, TimeProvider time) : BackgroundService
{
    private const long WorthwhileBytes = 2 * 1024 * 1024;

    private static readonly TimeSpan FirstLook = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(15);

    private long _allocatedAtTrim;

    /// <summary>One look.</summary>
    public void Check()
    {
        var allocated = GC.GetTotalAllocatedBytes();
        if (active.Count > 0 || allocated - _allocatedAtTrim < WorthwhileBytes)
        {
            return;
        }

        GCSettings.LargeObjectHeapCompactionMode = GCLargeObjectHeapCompactionMode.CompactOnce;
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
        _allocatedAtTrim = GC.GetTotalAllocatedBytes();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(FirstLook, time);
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
        {
            timer.Period = Interval;
            Check();
        }
    }
}
