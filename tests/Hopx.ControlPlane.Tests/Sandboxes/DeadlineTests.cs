using Hopx.Client;
using Hopx.ControlPlane.Sandboxes;
using Hopx.ControlPlane.Tests.Sandboxes.Fakes;
using Hopx.Testing;

namespace Hopx.ControlPlane.Tests.Sandboxes;

/// <summary>The end of a sandbox comes when it was promised, whatever happens to clocks, pauses and servers.</summary>
public sealed class DeadlineTests(PreparedMachine prepared) : IDisposable
{
    private readonly TemporaryHome _home = new();
    private readonly SteppingTime _time = new();

    public void Dispose() => _home.Dispose();

    [Theory]
    [InlineData(1)]
    [InlineData(-1)]
    public async Task A_clock_that_is_set_by_an_hour_neither_kills_nor_keeps(int hours)
    {
        await using var plane = await MachinelessPlane.StartAsync(prepared, _home.Path, time: _time);
        var sandbox = await plane.CreateAsync(timeoutSeconds: 600);
        _time.Advance(TimeSpan.FromSeconds(100));

        _time.Step(TimeSpan.FromHours(hours));
        await plane.Get<SandboxReaper>().ReapAsync();

        // What callers read goes by the new time.
        Assert.True(plane.Store.TryFind(sandbox.Id, out var stepped));
        Assert.Equal(_time.GetUtcNow() + TimeSpan.FromSeconds(500), stepped.ExpiresAt);
        _time.Advance(TimeSpan.FromSeconds(499));
        await plane.Get<SandboxReaper>().ReapAsync();
        Assert.True(plane.Store.TryFind(sandbox.Id, out _));
        _time.Advance(TimeSpan.FromSeconds(1));
        await plane.Get<SandboxReaper>().ReapAsync();
        Assert.False(plane.Store.TryFind(sandbox.Id, out _));
        Assert.Empty(plane.Machine.Sandboxes);
    }

    [Fact]
    public async Task A_deadline_holds_while_the_sandbox_is_paused()
    {
        await using var plane = await MachinelessPlane.StartAsync(prepared, _home.Path, time: _time);
        var sandbox = await plane.CreateAsync(timeoutSeconds: 60);
        await plane.DoAsync(SandboxOperation.Pause, MachinelessPlane.Owner, sandbox.Id);

        _time.Advance(TimeSpan.FromSeconds(60));
        await plane.Get<SandboxReaper>().ReapAsync();

        Assert.Empty(plane.Store.All);
        Assert.Empty(plane.Machine.Sandboxes);
    }

    [Fact]
    public async Task A_sandbox_that_was_given_more_time_while_paused_does_not_end_when_it_thaws()
    {
        await using var plane = await MachinelessPlane.StartAsync(prepared, _home.Path, time: _time);
        var sandbox = await plane.CreateAsync(timeoutSeconds: 60);
        await plane.DoAsync(SandboxOperation.Pause, MachinelessPlane.Owner, sandbox.Id);
        Assert.Null(plane.Machine.Sandboxes[sandbox.Id].Deadline);

        await plane.DoAsync(SandboxOperation.Extend, MachinelessPlane.Owner, sandbox.Id);
        _time.Advance(TimeSpan.FromSeconds(300));
        var resumed = await plane.DoAsync(SandboxOperation.Resume, MachinelessPlane.Owner, sandbox.Id);

        Assert.Equal(resumed!.ExpiresAt, plane.Machine.Sandboxes[sandbox.Id].Deadline);
        plane.AssertAgrees();
    }

    [Fact]
    public async Task An_extension_that_comes_first_wins_over_the_reaper()
    {
        await using var plane = await MachinelessPlane.StartAsync(prepared, _home.Path, time: _time);
        var sandbox = await plane.CreateAsync(timeoutSeconds: 60);
        _time.Advance(TimeSpan.FromSeconds(59));

        // The agent answers late: time is over, and the reaper comes, in the midst of the extension.
        plane.Machine.OnStep = step =>
        {
            if (step is not "before /control/deadline")
            {
                return Task.CompletedTask;
            }

            _time.Advance(TimeSpan.FromSeconds(1));
            return plane.Get<SandboxReaper>().ReapAsync();
        };
        var extended = await plane.DoAsync(SandboxOperation.Extend, MachinelessPlane.Owner, sandbox.Id);
        plane.Machine.OnStep = static _ => Task.CompletedTask;
        await plane.Get<SandboxReaper>().ReapAsync();

        Assert.True(plane.Store.TryFind(sandbox.Id, out var still));
        Assert.Equal(extended!.ExpiresAt, still.ExpiresAt);
    }

    [Fact]
    public async Task A_sandbox_whose_time_is_over_is_gone_for_its_callers_though_nobody_has_buried_it_yet()
    {
        await using var plane = await MachinelessPlane.StartAsync(prepared, _home.Path, time: _time);
        var sandbox = await plane.CreateAsync(timeoutSeconds: 60, key: "once");
        var gate = plane.Get<SandboxGate>();

        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.Equal(sandbox.Id, gate.Find(MachinelessPlane.Owner, sandbox.Id).Id);
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Throws<HopxException>(() => gate.Find(MachinelessPlane.Owner, sandbox.Id));
        Assert.Empty(plane.Store.Living);
        foreach (var operation in new[] { SandboxOperation.Pause, SandboxOperation.Extend, SandboxOperation.Stop, SandboxOperation.Delete })
        {
            var refused = await Assert.ThrowsAsync<HopxException>(() => plane.DoAsync(operation, MachinelessPlane.Owner, sandbox.Id));
            Assert.Equal(HopxErrorCode.ResourceNotFound, refused.Code);
        }

        Assert.Equal(HopxErrorCode.Conflict, (await Assert.ThrowsAsync<HopxException>(() => plane.CreateAsync(timeoutSeconds: 60, key: "once"))).Code);
        Assert.Single(plane.Machine.Sandboxes);
        await plane.Get<SandboxReaper>().ReapAsync();
        Assert.Empty(plane.Machine.Sandboxes);
    }
}
