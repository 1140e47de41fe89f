using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Hopx.ControlPlane.Sandboxes;

/// <summary>Only ticks, and that only where idle sandboxes are to be paused; the work is <see cref="IdleSandboxes.SweepAsync"/>.</summary>
internal sealed class IdleSandboxesLoop(IdleSandboxes idle, IOptions<ControlPlaneOptions> options, TimeProvider time) : BackgroundService
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(5);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        if (options.Value.IdlePauseAfter == TimeSpan.Zero)
        {
            return;
        }

        var interval = options.Value.IdlePauseAfter / 4;
        using var timer = new PeriodicTimer(interval < Shortest ? Shortest : interval > Longest ? Longest : interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await idle.SweepAsync();
            }
        }
        catch (OperationCanceledException)
        {
            // The server ends.
        }
    }
}
