using Hopx.Client;
using Hopx.ControlPlane.Sandboxes;
using Hopx.ControlPlane.Tests.Sandboxes.Fakes;
using Hopx.Testing;

namespace Hopx.ControlPlane.Tests.Sandboxes;

/// <summary>Creates that arrive more than once.</summary>
public sealed class IdempotencyTests(PreparedMachine prepared) : IDisposable
{
    private readonly TemporaryHome _home = new();

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task The_same_key_and_body_give_the_same_sandbox_also_after_a_restart()
    {
        var machine = new FakeMachine();
        string id;
        await using (var plane = await MachinelessPlane.StartAsync(prepared, _home.Path, machine))
        {
            id = (await plane.CreateAsync(key: "order-1")).Id;
            Assert.Equal(id, (await plane.CreateAsync(key: "order-1")).Id);
            Assert.NotEqual(id, (await plane.CreateAsync(key: "order-2")).Id);
            Assert.NotEqual(id, (await plane.CreateAsync(caller: MachinelessPlane.Stranger, key: "order-1")).Id);
        }

        await using var next = await MachinelessPlane.StartAsync(prepared, _home.Path, machine);
        Assert.Equal(id, (await next.CreateAsync(key: "order-1")).Id);
        Assert.Equal(3, next.Store.All.Count());
    }

    [Fact]
    public async Task The_order_of_variables_makes_no_other_body()
    {
        await using var plane = await MachinelessPlane.StartAsync(prepared, _home.Path);
        CreateSandboxRequest Request(params (string, string)[] variables) =>
            new() { TemplateName = "base", EnvVars = variables.ToDictionary(one => one.Item1, one => one.Item2) };

        var first = await plane.CreateAsync(key: "k", request: Request(("A", "1"), ("B", "2")));

        Assert.Equal(first.Id, (await plane.CreateAsync(key: "k", request: Request(("B", "2"), ("A", "1")))).Id);
    }

    [Fact]
    public async Task Another_body_under_the_same_key_is_refused()
    {
        await using var plane = await MachinelessPlane.StartAsync(prepared, _home.Path);
        await plane.CreateAsync(key: "order-1");

        var refused = await Assert.ThrowsAsync<HopxException>(() => plane.CreateAsync(key: "order-1", timeoutSeconds: 601));

        Assert.Equal(HopxErrorCode.Conflict, refused.Code);
        Assert.Single(plane.Store.All);
    }

    [Fact]
    public async Task Twins_that_arrive_together_wait_for_the_first()
    {
        await using var plane = await MachinelessPlane.StartAsync(prepared, _home.Path);
        plane.Machine.OnStep = static async _ => await Task.Yield();

        var made = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => Task.Run(() => plane.CreateAsync(key: "twins"))));

        Assert.Single(made.Select(one => one.Id).Distinct());
        Assert.Single(plane.Store.All);
    }

    [Fact]
    public async Task A_create_that_failed_can_be_tried_again_under_its_key()
    {
        await using var plane = await MachinelessPlane.StartAsync(prepared, _home.Path);
        plane.Machine.OnStep = step => step is "before start" ? throw new HopxException(HopxErrorCode.RuntimeNotAvailable, "no luck") : Task.CompletedTask;
        await Assert.ThrowsAsync<HopxException>(() => plane.CreateAsync(key: "again"));
        plane.Machine.OnStep = static _ => Task.CompletedTask;

        Assert.Equal(SandboxStatus.Running, (await plane.CreateAsync(key: "again")).Status);
        Assert.Single(plane.Store.All);
    }

    [Fact]
    public async Task A_server_that_dies_in_the_midst_leaves_the_key_free()
    {
        var machine = new FakeMachine();
        FakeMachine? then = null;
        var crash = Path.Combine(_home.Path, "crash");
        await using var plane = await MachinelessPlane.StartAsync(prepared, _home.Path, machine);
        machine.OnStep = step =>
        {
            if (step is "after start")
            {
                plane.CopyStateTo(crash);
                then = machine.Clone();
            }

            return Task.CompletedTask;
        };
        await plane.CreateAsync(key: "order-1");

        await using var next = await MachinelessPlane.StartAsync(prepared, crash, then);
        Assert.Empty(next.Store.All);
        await next.CreateAsync(key: "order-1");
        next.AssertAgrees();
    }

    [Fact]
    public async Task A_key_whose_sandbox_is_gone_makes_no_second_one()
    {
        await using var plane = await MachinelessPlane.StartAsync(prepared, _home.Path);
        var sandbox = await plane.CreateAsync(key: "order-1");
        await plane.DoAsync(SandboxOperation.Delete, MachinelessPlane.Owner, sandbox.Id);

        var refused = await Assert.ThrowsAsync<HopxException>(() => plane.CreateAsync(key: "order-1"));

        Assert.Equal(HopxErrorCode.Conflict, refused.Code);
        Assert.Contains(sandbox.Id, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_is_forgotten_after_a_day()
    {
        var time = new SteppingTime();
        await using var plane = await MachinelessPlane.StartAsync(prepared, _home.Path, time: time);
        var first = await plane.CreateAsync(key: "daily", timeoutSeconds: null);

        time.Advance(TimeSpan.FromHours(25));

        Assert.NotEqual(first.Id, (await plane.CreateAsync(key: "daily", timeoutSeconds: null)).Id);
    }

    [Theory]
    [InlineData("with a blank")]
    [InlineData("ümlaut")]
    [InlineData(null)]
    public async Task A_key_that_is_none_is_refused(string? key)
    {
        await using var plane = await MachinelessPlane.StartAsync(prepared, _home.Path);

        var refused = await Assert.ThrowsAsync<HopxException>(() => plane.CreateAsync(key: key ?? new string('x', 256)));

        Assert.Equal(HopxErrorCode.InvalidRequest, refused.Code);
        Assert.Empty(plane.Store.All);
    }
}
