using Hopx.Client;
using Hopx.Testing;

namespace Hopx.ControlPlane.Tests.Sandboxes;

/// <summary>Sandboxes that fall asleep and wake, on the real machine.</summary>
public sealed class IdleTests(PreparedMachine machine) : IAsyncLifetime
{
    private readonly TemporaryHome _home = new();
    private RealControlPlane _plane = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await machine.PrepareAsync();
        _plane = new RealControlPlane(machine, _home.Path);
        _plane.Options.IdlePauseAfter = TimeSpan.FromMilliseconds(500);
    }

    public async ValueTask DisposeAsync()
    {
        await foreach (var sandbox in _plane.Client.Sandboxes.ListAllAsync(cancellationToken: CancellationToken.None))
        {
            await _plane.Client.Sandboxes.DeleteAsync(sandbox.Id, CancellationToken.None);
        }

        await _plane.DisposeAsync();
        _home.Dispose();
    }

    [Fact]
    public async Task An_idle_sandbox_falls_asleep_and_the_next_request_wakes_it()
    {
        var sandbox = await _plane.CreateAsync();
        await WaitForAsync(sandbox.Id, SandboxStatus.Paused);
        Assert.Contains("next request wakes it", (await _plane.Client.Sandboxes.GetAsync(sandbox.Id, Cancellation)).StatusReason, StringComparison.Ordinal);

        var run = await _plane.Client.Agent(sandbox.Id).Commands.RunAsync("echo awake", Cancellation);

        Assert.Equal("awake\n", run.Stdout);
        Assert.Equal(SandboxStatus.Running, (await _plane.Client.Sandboxes.GetAsync(sandbox.Id, Cancellation)).Status);
    }

    [Fact]
    public async Task A_sandbox_that_works_or_is_waited_for_stays_awake()
    {
        var sandbox = await _plane.CreateAsync();
        using var events = _plane.Embedded.Get<ControlPlane.Events.EventLog>().Open(new ControlPlane.Events.EventFilter("sandbox.", 1, sandbox.Id), lastEventId: null);

        var waiting = await _plane.Client.Agent(sandbox.Id).Commands.RunAsync("sleep 2", Cancellation);
        var working = await _plane.Client.Agent(sandbox.Id).Commands.RunAsync("(timeout 2 sh -c 'while :; do :; done' >/dev/null 2>&1 &)", Cancellation);

        Assert.True(waiting.Success && working.Success);
        var started = TimeProvider.System.GetTimestamp();
        await WaitForAsync(sandbox.Id, SandboxStatus.Paused);
        Assert.True(TimeProvider.System.GetElapsedTime(started) > TimeSpan.FromSeconds(1.5), "It fell asleep while it worked.");
    }

    [Fact]
    public async Task A_sandbox_that_its_caller_paused_sleeps_on()
    {
        var sandbox = await _plane.CreateAsync();
        await WaitForAsync(sandbox.Id, SandboxStatus.Paused);
        await _plane.Client.Sandboxes.PauseAsync(sandbox.Id, Cancellation);

        var refused = await Assert.ThrowsAsync<HopxException>(() => _plane.Client.Agent(sandbox.Id).Commands.RunAsync("true", Cancellation));

        Assert.Equal(HopxErrorCode.SandboxStopped, refused.Code);
        Assert.Null((await _plane.Client.Sandboxes.GetAsync(sandbox.Id, Cancellation)).StatusReason);
        await _plane.Client.Sandboxes.ResumeAsync(sandbox.Id, Cancellation);
        Assert.True((await _plane.Client.Agent(sandbox.Id).Commands.RunAsync("true", Cancellation)).Success);
    }

    [Fact]
    public async Task A_crowd_at_the_door_of_a_sleeper_is_served_whole()
    {
        var sandbox = await _plane.CreateAsync();
        for (var round = 0; round < 3; round++)
        {
            await WaitForAsync(sandbox.Id, SandboxStatus.Paused);
            var runs = await Task.WhenAll(Enumerable.Range(0, 8).Select(number => _plane.Client.Agent(sandbox.Id).Commands.RunAsync($"echo {number}", Cancellation)));
            Assert.Equal(Enumerable.Range(0, 8).Select(number => $"{number}\n"), runs.Select(run => run.Stdout));
        }
    }

    [Fact]
    public async Task After_a_pause_the_clock_is_right_randomness_is_fresh_and_a_run_goes_on()
    {
        _plane.Options.IdlePauseAfter = TimeSpan.Zero;
        var sandbox = await _plane.CreateAsync();
        var before = await _plane.Client.Agent(sandbox.Id).Commands.RunAsync("head -c 16 /dev/urandom | od -An -tx1", Cancellation);
        var run = _plane.Client.Agent(sandbox.Id).Commands.RunAsync("for i in 1 2 3 4 5 6 7 8; do sleep 0.1; done; echo done", Cancellation);
        await _plane.Client.Sandboxes.PauseAsync(sandbox.Id, Cancellation);
        await Task.Delay(TimeSpan.FromSeconds(1.2), Cancellation);
        Assert.False(run.IsCompleted);
        await _plane.Client.Sandboxes.ResumeAsync(sandbox.Id, Cancellation);

        Assert.Equal("done\n", (await run).Stdout);
        var after = await _plane.Client.Agent(sandbox.Id).Commands.RunAsync("head -c 16 /dev/urandom | od -An -tx1", Cancellation);
        Assert.NotEqual(before.Stdout, after.Stdout);
        var clock = await _plane.Client.Agent(sandbox.Id).Commands.RunAsync("date +%s", Cancellation);
        Assert.InRange(long.Parse(clock.Stdout), TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() - 2, TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + 1);
    }

    private async Task WaitForAsync(string id, SandboxStatus status)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        while ((await _plane.Client.Sandboxes.GetAsync(id, patience.Token)).Status != status)
        {
            await Task.Delay(20, patience.Token);
        }
    }
}
