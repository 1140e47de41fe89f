using Microsoft.Extensions.Hosting;

namespace Hopx.ControlPlane.WarmPool;

/// <summary>Only ticks, and wakes when one was taken; the work is <see cref="WarmSandboxPool.RefillAsync"/>.</summary>
internal sealed class WarmSandboxLoop(WarmSandboxPool pool, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(5);

    /// <summary>Whoever took one has code to run: the new one is made when that had its moment.</summary>
    private static readonly TimeSpan Courtesy = TimeSpan.FromMilliseconds(250);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            while (pool.IsOn)
            {
                await pool.RefillAsync(stoppingToken);
                await WaitAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException)
        {
            // The server ends.
        }
    }

    private async Task WaitAsync(CancellationToken stoppingToken)
    {
        using var tick = new CancellationTokenSource(Interval, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, tick.Token);
        try
        {
            await pool.Wanted.ReadAsync(either.Token);
            await Task.Delay(Courtesy, time, stoppingToken);
        }
        catch (OperationCanceledException) when (!stoppingToken.IsCancellationRequested)
        {
            // A tick.
        }
    }
}
