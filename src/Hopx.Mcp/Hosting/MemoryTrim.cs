namespace Hopx.Mcp.Hosting;

/// <summary>
/// Gives memory back when the server has nothing to do. The collector leaves garbage for as long as it fits the processor's cache, which on a server is
/// tens of megabytes: what the start and a burst of work have left would stay for ever in a process that only waits.
/// </summary>
internal sealed class MemoryTrim(TimeProvider time, Func<long> countAllocated, Action collect) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    // Less is not worth it.
    private const long LeastGarbage = 8 * 1024 * 1024;

    // The loops that look after sandboxes go on while nobody calls.
    private const long MostWhileIdle = 2 * 1024 * 1024;

    private long _allocatedAtCollection;
    private long _allocatedBefore;

    public MemoryTrim(TimeProvider time) : this(
        time,
        static () => GC.GetTotalAllocatedBytes(),
        static () => GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true))
    {
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                Check();
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The server ends, or could not begin; neither is to be logged as a failure of this.
        }
    }

    /// <summary>One look: whether there was work since the last time, and a collection when there is none any more.</summary>
    internal void Check()
    {
        var allocated = countAllocated();
        var isIdle = allocated - _allocatedBefore <= MostWhileIdle;
        _allocatedBefore = allocated;
        if (isIdle && allocated - _allocatedAtCollection >= LeastGarbage)
        {
            _allocatedAtCollection = allocated;
            collect();
        }
    }
}
