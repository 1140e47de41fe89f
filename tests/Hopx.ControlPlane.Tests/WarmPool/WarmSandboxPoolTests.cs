using Hopx.Client;
using Hopx.ControlPlane.Admission;
using Hopx.ControlPlane.Sandboxes;
using Hopx.ControlPlane.Tests.Admission;
using Hopx.ControlPlane.Tests.Sandboxes.Fakes;
using Hopx.ControlPlane.WarmPool;
using Hopx.Testing;

namespace Hopx.ControlPlane.Tests.WarmPool;

public sealed class WarmSandboxPoolTests : IDisposable
{
    private readonly PreparedMachine _prepared;
    private readonly TemporaryHome _home = new();
    private readonly FakeGauge _gauge;
    private readonly SteppingTime _time = new();

    public WarmSandboxPoolTests(PreparedMachine prepared)
    {
        _prepared = prepared;
        _gauge = new FakeGauge(Directory.CreateDirectory(Path.Combine(_home.Path, "gauge")).FullName);
    }

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task A_create_takes_one_that_stood_ready_and_makes_it_its_own()
    {
        await using var plane = await StartAsync();
        await RefillAsync(plane);
        var ready = Assert.Single(plane.Machine.Sandboxes.Keys);
        Assert.Empty(plane.Store.All);

        var made = await plane.CreateAsync(timeoutSeconds: 300);

        Assert.Equal(ready, made.Id);
        Assert.Equal((MachinelessPlane.Owner.OrganizationId, SandboxState.Running), (made.OrganizationId, made.State));
        Assert.False(plane.Get<WarmSandboxPool>().Holds(made.Id));
        plane.AssertAgrees();
    }

    [Fact]
    public async Task What_stood_ready_lives_as_long_as_its_creator_wants_also_for_ever()
    {
        await using var plane = await StartAsync();
        await RefillAsync(plane);
        Assert.NotNull(plane.Machine.Sandboxes.Values.Single().Deadline);

        var made = await plane.CreateAsync(timeoutSeconds: null);

        Assert.Null(made.ExpiresAt);
        Assert.Null(plane.Machine.Sandboxes[made.Id].Deadline);
    }

    [Fact]
    public async Task Each_serves_one_create()
    {
        await using var plane = await StartAsync(configure: options => options.WarmSandboxes = "base=3");
        await RefillAsync(plane);
        var ready = plane.Machine.Sandboxes.Keys.ToHashSet();

        var made = await Task.WhenAll(Enumerable.Range(0, 8).Select(number => Task.Run(() => plane.CreateAsync(number % 2 is 0 ? MachinelessPlane.Owner : MachinelessPlane.Stranger))));

        Assert.Equal(8, made.Select(sandbox => sandbox.Id).Distinct().Count());
        Assert.Equal(3, made.Count(sandbox => ready.Contains(sandbox.Id)));
        plane.AssertAgrees();
    }

    [Fact]
    public async Task What_was_taken_is_made_again()
    {
        await using var plane = await StartAsync();
        await RefillAsync(plane);
        var first = await plane.CreateAsync();
        await RefillAsync(plane);

        var second = await plane.CreateAsync();

        Assert.NotEqual(first.Id, second.Id);
        Assert.Equal(2, plane.Machine.Sandboxes.Count);
    }

    [Fact]
    public async Task A_create_over_its_quota_leaves_what_stood_ready()
    {
        await using var plane = await StartAsync(configure: options => options.MaxSandboxesPerOrganization = 1);
        await plane.CreateAsync();
        await RefillAsync(plane);

        await Assert.ThrowsAsync<HopxException>(() => plane.CreateAsync());
        var stranger = await plane.CreateAsync(MachinelessPlane.Stranger);

        Assert.Equal(2, plane.Machine.Sandboxes.Count);
        Assert.Equal(MachinelessPlane.Stranger.OrganizationId, stranger.OrganizationId);
    }

    [Fact]
    public async Task Those_that_stand_ready_are_nobodys_quota()
    {
        await using var plane = await StartAsync(configure: options => (options.MaxSandboxes, options.WarmSandboxes) = (1, "base=3"));
        await RefillAsync(plane);
        Assert.Equal(3, plane.Machine.Sandboxes.Count);

        Assert.Equal(SandboxState.Running, (await plane.CreateAsync()).State);
    }

    [Fact]
    public async Task No_caller_can_see_or_touch_what_stands_ready()
    {
        await using var plane = await StartAsync();
        await RefillAsync(plane);
        var ready = plane.Machine.Sandboxes.Keys.Single();

        Assert.Throws<HopxException>(() => plane.Get<SandboxGate>().Find(MachinelessPlane.Owner, ready));
        await Assert.ThrowsAsync<HopxException>(() => plane.DoAsync(SandboxOperation.Delete, MachinelessPlane.Owner, ready));
        Assert.True(plane.Machine.Sandboxes[ready].IsAlive);
    }

    [Fact]
    public async Task One_that_died_while_it_stood_ready_is_not_given_out_and_is_replaced()
    {
        await using var plane = await StartAsync();
        await RefillAsync(plane);
        var dead = plane.Machine.Sandboxes.Keys.Single();
        plane.Machine.Kill(dead);

        var made = await plane.CreateAsync();
        await RefillAsync(plane);

        Assert.NotEqual(dead, made.Id);
        Assert.DoesNotContain(dead, plane.Machine.Sandboxes.Keys);
        Assert.Equal(2, plane.Machine.Sandboxes.Count);
    }

    [Fact]
    public async Task One_that_dies_while_it_is_claimed_is_made_anew()
    {
        await using var plane = await StartAsync();
        await RefillAsync(plane);
        var ready = plane.Machine.Sandboxes.Keys.Single();
        plane.Machine.OnStep = step =>
        {
            if (step is "before /control/deadline")
            {
                plane.Machine.OnStep = static _ => Task.CompletedTask;
                plane.Machine.Kill(ready);
            }

            return Task.CompletedTask;
        };

        var made = await plane.CreateAsync();

        Assert.Equal(SandboxState.Running, made.State);
        plane.AssertAgrees();
        Assert.Empty(plane.Machine.Faults);
    }

    [Fact]
    public async Task A_claim_that_fails_leaves_nothing()
    {
        await using var plane = await StartAsync();
        await RefillAsync(plane);
        plane.Machine.OnStep = static step => step is "before /env" ? throw new IOException("no") : Task.CompletedTask;

        await Assert.ThrowsAsync<HopxException>(() => plane.CreateAsync());

        plane.Machine.OnStep = static _ => Task.CompletedTask;
        Assert.Empty(plane.Machine.Sandboxes);
        Assert.Empty(plane.Store.All);
        await RefillAsync(plane);
        Assert.Single(plane.Machine.Sandboxes);
    }

    [Fact]
    public async Task A_fresh_one_takes_the_place_of_one_that_would_end_soon()
    {
        await using var plane = await StartAsync();
        await RefillAsync(plane);
        var old = plane.Machine.Sandboxes.Keys.Single();

        _time.Advance(TimeSpan.FromMinutes(55));
        await RefillAsync(plane);

        Assert.DoesNotContain(old, plane.Machine.Sandboxes.Keys);
        Assert.Single(plane.Machine.Sandboxes);
    }

    [Theory]
    [InlineData(20, 6_000)]
    [InlineData(0, 500)]
    public async Task When_memory_is_short_none_stands_ready(double pressure, long freeMib)
    {
        await using var plane = await StartAsync();
        await RefillAsync(plane);
        _gauge.SetPressure(pressure);
        _gauge.SetMemory(totalMib: 8_192, freeMib);

        await RefillAsync(plane);
        Assert.Empty(plane.Machine.Sandboxes);
        Assert.Equal(0, plane.Get<SandboxAdmission>().ReadBudget().Sandboxes);

        _gauge.SetPressure(0);
        _gauge.SetMemory(totalMib: 8_192, freeMib: 6_000);
        await RefillAsync(plane);
        Assert.Single(plane.Machine.Sandboxes);
    }

    [Fact]
    public async Task One_that_stands_ready_makes_way_for_one_that_is_asked_for()
    {
        await using var plane = await StartAsync(configure: options => (options.MemoryOvercommit, options.WarmSandboxes) = (1, "base=4"));
        await RefillAsync(plane);
        // Half of the machine, which bears eight, is for those that stand ready.
        Assert.Equal(4, plane.Machine.Sandboxes.Count);
        plane.Get<WarmSandboxPool>().GiveUpOne();
        var one = new CreateSandboxRequest { TemplateName = "code-interpreter" };

        for (var number = 0; number < 3; number++)
        {
            await plane.CreateAsync(request: one);
        }

        // Three of 2 GiB went in, and of those that stood ready two had to make way.
        Assert.Equal(3, plane.Store.All.Count());
        Assert.InRange(plane.Get<WarmSandboxPool>().CountReady().GetValueOrDefault("base"), 0, 2);
        Assert.InRange(plane.Get<SandboxAdmission>().ReadBudget().MemoryMib, 0, 8_192);
    }

    [Fact]
    public async Task A_server_that_ends_in_good_order_takes_them_with_it()
    {
        var machine = new FakeMachine();
        await using (var plane = await StartAsync(machine, options => options.WarmSandboxes = "base=3"))
        {
            await RefillAsync(plane);
            Assert.Equal(3, machine.Sandboxes.Count);
        }

        Assert.Empty(machine.Sandboxes);
    }

    [Fact]
    public async Task A_server_that_died_leaves_them_to_the_next()
    {
        var machine = new FakeMachine();
        await using var plane = await StartAsync(machine);
        await RefillAsync(plane);
        var ready = machine.Sandboxes.Keys.Single();

        await using var next = await CrashAsync(plane);
        await RefillAsync(next);
        var made = await next.CreateAsync();

        Assert.Equal(ready, made.Id);
        next.AssertAgrees();
    }

    [Fact]
    public async Task The_next_server_removes_those_that_it_would_make_differently()
    {
        await using var plane = await StartAsync();
        await RefillAsync(plane);

        await using var other = await CrashAsync(plane, options => options.MaxProcesses = 100);
        await using var none = await CrashAsync(plane, options => options.WarmSandboxes = "0");

        Assert.Empty(other.Machine.Sandboxes);
        Assert.Empty(none.Machine.Sandboxes);
    }

    [Theory]
    [InlineData("refill")]
    [InlineData("create")]
    public async Task A_server_that_dies_at_any_step_leaks_nothing_and_gives_nothing_to_a_second_caller(string what)
    {
        var machine = new FakeMachine();
        await using var plane = await StartAsync(machine);
        var crashes = new List<(string Step, string Home, FakeMachine Machine)>();
        Task Die(string step)
        {
            var home = Path.Combine(_home.Path, $"crash-{crashes.Count}");
            plane.CopyStateTo(home);
            crashes.Add((step, home, machine.Clone()));
            return Task.CompletedTask;
        }

        if (what is "create")
        {
            await RefillAsync(plane);
            machine.OnStep = Die;
            await plane.CreateAsync();
        }
        else
        {
            machine.OnStep = Die;
            await RefillAsync(plane);
        }

        machine.OnStep = static _ => Task.CompletedTask;
        Assert.NotEmpty(crashes);
        foreach (var (step, home, then) in crashes)
        {
            await using var next = await StartAsync(then, home: home);
            next.AssertAgrees();
            var ready = next.Get<WarmSandboxPool>().CountReady().GetValueOrDefault("base");
            Assert.True(then.Sandboxes.Count == next.Store.All.Count() + ready, $"{then.Sandboxes.Count} on the machine after a death at {step}");
            // A create begins with the end of its standing ready: from there on it is the creator's or nobody's.
            Assert.True(what is "refill" || ready is 0, $"it stood ready again after a death at {step}");
            Assert.Empty(then.Faults);
        }
    }

    private static Task RefillAsync(MachinelessPlane plane) => plane.Get<WarmSandboxPool>().RefillAsync(Cancellation);

    /// <summary>The next server on what one that dies now would leave.</summary>
    private Task<MachinelessPlane> CrashAsync(MachinelessPlane plane, Action<ControlPlaneOptions>? configure = null)
    {
        var home = Path.Combine(_home.Path, Guid.NewGuid().ToString("N"));
        plane.CopyStateTo(home);
        return StartAsync(plane.Machine.Clone(), configure, home);
    }

    private Task<MachinelessPlane> StartAsync(FakeMachine? machine = null, Action<ControlPlaneOptions>? configure = null, string? home = null) => MachinelessPlane.StartAsync(
        _prepared,
        Directory.CreateDirectory(home ?? Path.Combine(_home.Path, "first")).FullName,
        machine,
        _time,
        options =>
        {
            options.WarmSandboxes = "base=1";
            configure?.Invoke(options);
        },
        _gauge.Gauge);
}
