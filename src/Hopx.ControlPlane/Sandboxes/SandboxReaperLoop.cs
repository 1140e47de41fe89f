using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Hopx.ControlPlane.Sandboxes;

/// <summary>Only ticks; the work is <see cref="SandboxReaper.ReapAsync()"/>.</summary>
internal sealed class SandboxReaperLoop(SandboxReaper reaper, IOptions<ControlPlaneOptions> options, TimeProvider time) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(options.Value.ReapInterval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                await reaper.ReapAsync();
            }
        }
        catch (OperationCanceledException)
        {
            // The server ends.
        }
    }
}
