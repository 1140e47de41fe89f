using Hopx.ControlPlane.Sandboxes;
using Hopx.ControlPlane.Tests.Sandboxes.Fakes;
using Hopx.Testing;

namespace Hopx.ControlPlane.Tests.Sandboxes;

/// <summary>The server dies at every step of every operation; the next one finds what was left there.</summary>
public sealed class CrashTests(PreparedMachine prepared) : IDisposable
{
    private readonly TemporaryHome _home = new();

    public void Dispose() => _home.Dispose();

    // What comes before, then the operation in whose midst the server dies, then the states in which the sandbox may be found.
    [Theory]
    [InlineData("", "Create", "")]
    [InlineData("", "Pause", "Running Paused")]
    [InlineData("Pause", "Resume", "Paused Running")]
    [InlineData("Pause Extend", "Resume", "Paused Running")]
    [InlineData("", "Stop", "Running Stopped")]
    [InlineData("Pause", "Stop", "Paused Stopped")]
    [InlineData("Stop", "Start", "Stopped Running")]
    [InlineData("", "Extend", "Running")]
    [InlineData("", "FallAsleep", "Running Asleep")]
    [InlineData("FallAsleep", "Wake", "Asleep Running")]
    [InlineData("FallAsleep", "Pause", "Asleep Paused")]
    [InlineData("FallAsleep", "Start", "Asleep Running")]
    [InlineData("", "Delete", "Running -")]
    [InlineData("Pause", "Delete", "Paused -")]
    [InlineData("Stop", "Delete", "Stopped -")]
    public async Task A_server_that_dies_at_any_step_leaves_a_sandbox_that_is_whole_or_gone(string before, string operation, string expected)
    {
        var machine = new FakeMachine();
        await using var plane = await MachinelessPlane.StartAsync(prepared, Directory.CreateDirectory(Path.Combine(_home.Path, "first")).FullName, machine);
        var crashes = new List<(string Step, string Home, FakeMachine Machine)>();
        var id = "";
        Task Die(string step)
        {
            var home = Path.Combine(_home.Path, $"crash-{crashes.Count}");
            plane.CopyStateTo(home);
            crashes.Add((step, home, machine.Clone()));
            return Task.CompletedTask;
        }

        if (operation is "Create")
        {
            machine.OnStep = Die;
            await plane.CreateAsync();
        }
        else
        {
            id = (await plane.CreateAsync()).Id;
            foreach (var step in before.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                await plane.DoAsync(Enum.Parse<SandboxOperation>(step), MachinelessPlane.Owner, id);
            }

            machine.OnStep = Die;
            await plane.DoAsync(Enum.Parse<SandboxOperation>(operation), MachinelessPlane.Owner, id);
        }

        await Die("the end");
        machine.OnStep = static _ => Task.CompletedTask;
        plane.AssertAgrees();
        Assert.Empty(machine.Faults);

        // At the end all is done: only before that may it be undone.
        foreach (var (step, home, then) in operation is "Create" ? crashes[..^1] : crashes)
        {
            await using var next = await MachinelessPlane.StartAsync(prepared, home, then);
            next.AssertAgrees();
            var found = next.Store.TryFind(id, out var record) ? record.State.ToString() : "-";
            Assert.True(operation is "Create" ? !next.Store.All.Any() : expected.Split(' ').Contains(found), $"{found} after a death at {step}");
            Assert.Empty(then.Faults);
        }
    }

    [Fact]
    public async Task What_belongs_to_nobody_is_removed_and_what_lost_its_files_is_forgotten()
    {
        var machine = new FakeMachine();
        var home = _home.Path;
        string kept, wiped;
        await using (var first = await MachinelessPlane.StartAsync(prepared, home, machine))
        {
            kept = (await first.CreateAsync()).Id;
            wiped = (await first.CreateAsync()).Id;
        }

        machine.Add("1700000000stray");
        machine.Wipe(wiped);
        await using var next = await MachinelessPlane.StartAsync(prepared, home, machine);

        Assert.Equal([kept], next.Store.All.Select(record => record.Id));
        next.AssertAgrees();
    }

    [Fact]
    public async Task A_sandbox_that_expired_while_no_server_ran_is_buried_even_when_frozen()
    {
        var machine = new FakeMachine();
        var time = new SteppingTime();
        await using (var first = await MachinelessPlane.StartAsync(prepared, _home.Path, machine, time))
        {
            var sandbox = await first.CreateAsync(timeoutSeconds: 60);
            await first.DoAsync(SandboxOperation.Pause, MachinelessPlane.Owner, sandbox.Id);
        }

        time.Advance(TimeSpan.FromSeconds(61));
        await using var next = await MachinelessPlane.StartAsync(prepared, _home.Path, machine, time);

        Assert.Empty(next.Store.All);
        Assert.Empty(machine.Sandboxes);
    }
}
