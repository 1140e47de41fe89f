namespace Hopx.Agent;

/// <summary>
/// Life of the sandbox's first process: no signal ends it, since code inside may send any. Without a handler the kernel ignores
/// them for a first process; the usual console lifetime would install some. From outside, SIGKILL always works.
/// </summary>
internal sealed class FirstProcessLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
