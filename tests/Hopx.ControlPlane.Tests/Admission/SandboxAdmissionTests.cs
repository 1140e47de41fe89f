using Hopx.Client;
using Hopx.ControlPlane.Sandboxes;
using Hopx.ControlPlane.Tests.Sandboxes.Fakes;
using Hopx.Testing;

namespace Hopx.ControlPlane.Tests.Admission;

public sealed class SandboxAdmissionTests(PreparedMachine prepared) : IDisposable
{
    private readonly TemporaryHome _home = new();

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task Of_many_creates_at_once_as_many_as_the_machine_bears_are_made_and_all_others_are_refused_at_once()
    {
        const int Bears = 16;
        var fake = FakeMachineOf(Bears);
        var released = new TaskCompletionSource();
        var machine = new FakeMachine { OnStep = step => step is "before start" ? released.Task : Task.CompletedTask };
        await using var plane = await StartAsync(fake, machine);

        var creates = Enumerable.Range(0, 1_000).Select(_ => Task.Run(() => plane.CreateAsync())).ToList();
        // While not one of those that were admitted has started yet, every other one has its answer.
        while (creates.Count(create => create.IsFaulted) < creates.Count - Bears)
        {
            Assert.Contains(await Task.WhenAny(creates.Where(create => !create.IsCompleted)), creates);
        }

        released.SetResult();
        await Task.WhenAll(creates.Select(create => create.ContinueWith(static _ => { }, TaskScheduler.Default)));

        Assert.Equal(Bears, creates.Count(create => create.IsCompletedSuccessfully));
        Assert.All(creates.Where(create => create.IsFaulted), create =>
        {
            var refused = Assert.IsType<HopxException>(create.Exception!.InnerException);
            Assert.Equal(HopxErrorCode.ResourceLimitError, refused.Code);
            Assert.NotNull(refused.RetryAfter);
        });
        Assert.Equal(Bears, plane.Store.All.Count());
        plane.AssertAgrees();
        Assert.Empty(machine.Faults);
    }

    [Fact]
    public async Task A_thousand_refusals_do_not_look_at_the_machine_a_thousand_times()
    {
        var fake = FakeMachineOf(1);
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var plane = await StartAsync(fake, time: time);
        await plane.CreateAsync();
        time.Advance(TimeSpan.FromSeconds(1));
        var before = fake.Readings;

        for (var count = 0; count < 1_000; count++)
        {
            await Assert.ThrowsAsync<HopxException>(() => plane.CreateAsync());
        }

        Assert.Equal(1, fake.Readings - before);
        // Those that come later look again.
        fake.SetMemory(totalMib: 2 * 1_024, freeMib: 2 * 1_024);
        time.Advance(TimeSpan.FromSeconds(1));
        await plane.CreateAsync();
    }

    [Fact]
    public async Task A_create_beyond_the_quota_is_refused_before_anything_is_looked_at_or_written()
    {
        var fake = FakeMachineOf(16);
        var changes = 0;
        await using var plane = await StartAsync(fake, configure: static options => options.MaxSandboxes = 1);
        await plane.CreateAsync();
        using var events = plane.Events.Open(new ControlPlane.Events.EventFilter(ControlPlane.Events.EventFilter.Sandboxes, 1, null), lastEventId: null);
        var before = fake.Readings;
        plane.Machine.OnStep = _ => Task.FromResult(Interlocked.Increment(ref changes));

        var refused = await Assert.ThrowsAsync<HopxException>(() => plane.CreateAsync());

        Assert.Equal(HopxErrorCode.ResourceLimitError, refused.Code);
        Assert.Equal((before, 0), (fake.Readings, changes));
        Assert.False(events.Frames.TryRead(out _));
    }

    [Fact]
    public async Task Room_that_somebody_makes_is_there_for_the_next()
    {
        await using var plane = await StartAsync(FakeMachineOf(1));
        var first = await plane.CreateAsync();
        await Assert.ThrowsAsync<HopxException>(() => plane.CreateAsync());

        await plane.DoAsync(SandboxOperation.Delete, MachinelessPlane.Owner, first.Id);

        Assert.Equal(SandboxState.Running, (await plane.CreateAsync()).State);
    }

    [Fact]
    public async Task A_stopped_sandbox_leaves_its_room_and_needs_it_again_to_start()
    {
        await using var plane = await StartAsync(FakeMachineOf(1));
        var first = await plane.CreateAsync();
        await plane.DoAsync(SandboxOperation.Stop, MachinelessPlane.Owner, first.Id);
        var second = await plane.CreateAsync();

        var refused = await Assert.ThrowsAsync<HopxException>(() => plane.DoAsync(SandboxOperation.Start, MachinelessPlane.Owner, first.Id));
        await plane.DoAsync(SandboxOperation.Delete, MachinelessPlane.Owner, second.Id);
        await plane.DoAsync(SandboxOperation.Start, MachinelessPlane.Owner, first.Id);

        Assert.Equal(HopxErrorCode.ResourceLimitError, refused.Code);
        plane.AssertAgrees();
    }

    [Fact]
    public async Task A_paused_sandbox_keeps_its_room()
    {
        await using var plane = await StartAsync(FakeMachineOf(1));
        var first = await plane.CreateAsync();
        await plane.DoAsync(SandboxOperation.Pause, MachinelessPlane.Owner, first.Id);

        await Assert.ThrowsAsync<HopxException>(() => plane.CreateAsync());
    }

    [Fact]
    public async Task A_create_that_fails_gives_its_room_back()
    {
        var machine = new FakeMachine { OnStep = static step => step is "before start" ? throw new IOException("no") : Task.CompletedTask };
        await using var plane = await StartAsync(FakeMachineOf(1), machine);
        await Assert.ThrowsAsync<IOException>(() => plane.CreateAsync());

        machine.OnStep = static _ => Task.CompletedTask;

        Assert.Equal(SandboxState.Running, (await plane.CreateAsync()).State);
    }

    public static TheoryData<string> Shortages => ["memory", "processes", "disk"];

    [Theory]
    [MemberData(nameof(Shortages))]
    public async Task A_machine_that_is_full_by_now_refuses_for_a_moment(string what)
    {
        var fake = new FakeGauge(_home.Path);
        switch (what)
        {
            case "memory":
                fake.SetMemory(totalMib: 8_192, freeMib: 400);
                break;
            case "processes":
                fake.SetProcesses(most: 32_768, running: 32_000);
                break;
        }

        await using var plane = await StartAsync(fake, configure: options => options.MinFreeDiskMib = what is "disk" ? 1_000_000 : 0);

        var refused = await Assert.ThrowsAsync<HopxException>(() => plane.CreateAsync());

        Assert.Equal(HopxErrorCode.ServiceUnavailable, refused.Code);
        Assert.Contains(what, refused.Message, StringComparison.Ordinal);
        Assert.NotNull(refused.RetryAfter);
        Assert.Empty(plane.Store.All);
        Assert.Empty(plane.Machine.Sandboxes);
    }

    [Fact]
    public async Task Processes_are_a_budget_too()
    {
        var fake = new FakeGauge(_home.Path);
        fake.SetProcesses(most: 1_024, running: 10);
        await using var plane = await StartAsync(fake, configure: options => options.ProcessOvercommit = 1);
        await plane.CreateAsync();
        await plane.CreateAsync();

        var refused = await Assert.ThrowsAsync<HopxException>(() => plane.CreateAsync());

        Assert.Equal((HopxErrorCode.ResourceLimitError, 1_024, 1_024), (refused.Code, refused.Limit, refused.Current));
    }

    [Fact]
    public async Task No_more_are_launched_at_once_than_is_faster()
    {
        int now = 0, most = 0;
        var machine = new FakeMachine
        {
            OnStep = async step =>
            {
                if (step is "before start")
                {
                    most = Math.Max(most, Interlocked.Increment(ref now));
                    await Task.Yield();
                }
                else if (step is "after start")
                {
                    Interlocked.Decrement(ref now);
                }
            },
        };
        await using var plane = await StartAsync(FakeMachineOf(40), machine, options => options.LaunchesAtOnce = 3);

        await Task.WhenAll(Enumerable.Range(0, 20).Select(_ => Task.Run(() => plane.CreateAsync())));

        Assert.InRange(most, 1, 3);
    }

    [Fact]
    public async Task A_create_whose_turn_does_not_come_is_refused_and_leaves_nothing()
    {
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider(TimeProvider.System.GetUtcNow());
        var released = new TaskCompletionSource();
        var begun = new TaskCompletionSource();
        var machine = new FakeMachine
        {
            OnStep = step =>
            {
                begun.TrySetResult();
                return step is "before start" ? released.Task : Task.CompletedTask;
            },
        };
        await using var plane = await StartAsync(new FakeGauge(_home.Path), machine, options => options.LaunchesAtOnce = 1, time);
        var first = plane.CreateAsync();
        await begun.Task;
        var second = plane.CreateAsync();

        time.Advance(TimeSpan.FromSeconds(41));
        var refused = await Assert.ThrowsAsync<HopxException>(() => second);
        released.SetResult();
        await first;

        Assert.Equal(HopxErrorCode.ServiceUnavailable, refused.Code);
        Assert.Single(plane.Store.All);
        plane.AssertAgrees();
    }

    // A sandbox of the template may use 1 GiB.
    private FakeGauge FakeMachineOf(int sandboxes)
    {
        var fake = new FakeGauge(_home.Path);
        fake.SetMemory(totalMib: sandboxes * 1_024, freeMib: sandboxes * 1_024);
        return fake;
    }

    private Task<MachinelessPlane> StartAsync(
        FakeGauge fake, FakeMachine? machine = null, Action<ControlPlaneOptions>? configure = null, TimeProvider? time = null) => MachinelessPlane.StartAsync(
        prepared,
        Directory.CreateDirectory(Path.Combine(_home.Path, "home")).FullName,
        machine,
        time,
        options =>
        {
            options.MemoryOvercommit = 1;
            options.MinFreeDiskMib = 0;
            configure?.Invoke(options);
        },
        fake.Gauge);
}
