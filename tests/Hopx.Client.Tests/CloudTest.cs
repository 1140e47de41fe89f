using Hopx.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Hopx.Client.Tests;

/// <summary>A test with a fake cloud, a client of it and a clock that stands still.</summary>
public abstract class CloudTest : IAsyncLifetime
{
    protected static CancellationToken Token => TestContext.Current.CancellationToken;

    protected FakeTimeProvider Time { get; } = new(new DateTimeOffset(2026, 1, 5, 10, 0, 0, TimeSpan.Zero));

    protected FakeHopxCloud Cloud { get; private set; } = null!;

    protected HopxClient Client { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        Cloud = await FakeHopxCloud.StartAsync(Time, Token);
        Client = Cloud.CreateClient();
    }

    public async ValueTask DisposeAsync()
    {
        Client.Dispose();
        await Cloud.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected async Task<Sandbox> CreateSandboxAsync() =>
        await Client.Sandboxes.CreateAsync(new CreateSandboxRequest { TemplateName = "code-interpreter" }, Token);

    protected async Task<AgentClient> CreateAgentAsync() => Client.Agent((await CreateSandboxAsync()).Id);

    /// <summary>Moves the clock in small steps until the task has ended: whoever waits on it starts waiting at an unknown moment.</summary>
    protected async Task PassTimeUntilDoneAsync(Task task)
    {
        while (!task.IsCompleted)
        {
            Time.Advance(TimeSpan.FromMilliseconds(100));
            await Task.WhenAny(task, Task.Delay(TimeSpan.FromMilliseconds(1), Token));
        }
    }

    protected async Task<T> PassTimeUntilDoneAsync<T>(Task<T> task)
    {
        await PassTimeUntilDoneAsync((Task)task);
        return await task;
    }

    protected async Task<HopxException> FailsAsync(Func<Task> call)
    {
        var task = call();
        await PassTimeUntilDoneAsync(task);
        return await Assert.ThrowsAsync<HopxException>(() => task);
    }
}
