namespace Hopx.Agent;

/// <summary>Kills what still runs when the agent ends.</summary>
internal sealed class RunsEnd(ActiveRuns active) : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken)
    {
        active.KillAll();
        return Task.CompletedTask;
    }
}
