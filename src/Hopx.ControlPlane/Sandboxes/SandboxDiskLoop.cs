using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Hopx.ControlPlane.Sandboxes;

/// <summary>Only ticks; the work is <see cref="SandboxDiskLimit.SweepAsync"/>.</summary>
internal sealed class SandboxDiskLoop(SandboxDiskLimit disks, IOptions<ControlPlaneOptions> options, TimeProvider time) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.DiskSweepInterval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await disks.SweepAsync();
            }
        }
        catch (OperationCanceledException)
        {
            // The server ends.
        }
    }
}
