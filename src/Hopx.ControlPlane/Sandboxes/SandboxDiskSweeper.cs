using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Hopx.ControlPlane.Sandboxes;

/// <summary>Only ticks; the work is <see cref="SandboxLifecycle.SweepDisksAsync"/>.</summary>
internal sealed class SandboxDiskSweeper(SandboxLifecycle lifecycle, IOptions<ControlPlaneOptions> options, TimeProvider time) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.DiskSweepInterval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await lifecycle.SweepDisksAsync();
            }
        }
        catch (OperationCanceledException)
        {
            // The server ends.
        }
    }
}
