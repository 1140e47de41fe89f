namespace Hopx.Agent;

/// <summary>Ends the agent, and with it the sandbox, once the deadline has passed.</summary>
internal sealed partial class DeadlineLoop(SandboxDeadline deadline, IHostApplicationLifetime lifetime, TimeProvider time, ILogger<DeadlineLoop> logger) : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(500);

    /// <summary>One look.</summary>
    /// <returns>Whether the end has come.</returns>
    public bool Check()
    {
        if (!deadline.HasPassed)
        {
            return false;
        }

        LogEnding(deadline.Deadline);
        lifetime.StopApplication();
        return true;
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(Interval, time);
        while (!Check() && await timer.WaitForNextTickAsync(stoppingToken).ConfigureAwait(false))
        {
        }
    }

    [LoggerMessage(LogLevel.Information, "The sandbox's deadline {Deadline} has passed; ending.")]
    private partial void LogEnding(DateTimeOffset? deadline);
}
