namespace Hopx.Agent;

/// <summary>Ticks the <see cref="MemoryWatchdog"/>.</summary>
internal sealed class MemoryWatchdogLoop(MemoryWatchdog watchdog, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (!watchdog.IsEnabled)
        {
            return;
        }

        using var timer = new PeriodicTimer(Interval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
        {
            watchdog.Check();
        }
    }
}
