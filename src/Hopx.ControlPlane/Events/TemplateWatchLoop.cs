using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Hopx.ControlPlane.Events;

/// <summary>Only ticks, and looks only while somebody reads along; the work is <see cref="TemplateWatch.Look"/>.</summary>
internal sealed partial class TemplateWatchLoop(TemplateWatch watch, EventLog events, TimeProvider time, ILogger<TemplateWatchLoop> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        try
        {
            while (await timer.WaitForNextTickAsync(stoppingToken))
            {
                if (events.CountReaders(EventFilter.Templates) > 0)
                {
                    Look();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The server ends.
        }
    }

    private void Look()
    {
        try
        {
            watch.Look();
        }
        catch (Exception failure)
        {
            // The next tick tries again.
            LogFailed(failure);
        }
    }

    [LoggerMessage(LogLevel.Error, "Templates could not be looked at; this is tried again.")]
    private partial void LogFailed(Exception exception);
}
