using System.Text;
using Hopx.Client;
using Hopx.ControlPlane.Events;
using Hopx.ControlPlane.Sandboxes;
using Hopx.ControlPlane.Tests.Sandboxes.Fakes;
using Hopx.Testing;

namespace Hopx.ControlPlane.Tests.Events;

/// <summary>What is told, to whom, and for how long.</summary>
public sealed class EventLogTests(PreparedMachine prepared) : IDisposable
{
    private static readonly EventFilter Mine = new(EventFilter.Sandboxes, OrganizationId: 1);

    private readonly TemporaryHome _home = new();

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task Every_step_of_a_life_is_told_in_order()
    {
        await using var plane = await MachinelessPlane.StartAsync(prepared, _home.Path);
        using var reader = plane.Events.Open(Mine, lastEventId: null);

        var sandbox = await plane.CreateAsync();
        foreach (var operation in new[]
        {
            SandboxOperation.Pause, SandboxOperation.Resume, SandboxOperation.Extend, SandboxOperation.Stop, SandboxOperation.Start, SandboxOperation.Delete,
        })
        {
            await plane.DoAsync(operation, MachinelessPlane.Owner, sandbox.Id);
        }

        var told = Read(reader);
        Assert.Equal(
            ["created", "running", "paused", "resumed", "timeout_updated", "stopped", "running", "deleted"],
            told.Select(frame => Field(frame, "event")["sandbox.".Length..]));
        Assert.Equal(told.Select(frame => long.Parse(Field(frame, "id"))).Order(), told.Select(frame => long.Parse(Field(frame, "id"))));
        Assert.All(told, frame => Assert.Contains($"\"sandbox_id\":\"{sandbox.Id}\"", Field(frame, "data"), StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_death_is_told_with_its_reason()
    {
        await using var plane = await MachinelessPlane.StartAsync(prepared, _home.Path);
        var sandbox = await plane.CreateAsync();
        using var reader = plane.Events.Open(Mine, lastEventId: null);

        plane.Machine.Kill(sandbox.Id);
        await plane.Get<SandboxReaper>().ReapAsync();

        var told = Assert.Single(Read(reader));
        Assert.Equal("sandbox.error", Field(told, "event"));
        Assert.Contains("Its processes are gone", told, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reader_goes_on_behind_the_last_event_it_saw_also_after_a_restart()
    {
        var machine = new FakeMachine();
        long seen;
        await using (var plane = await MachinelessPlane.StartAsync(prepared, _home.Path, machine))
        {
            using var reader = plane.Events.Open(Mine, lastEventId: null);
            await plane.CreateAsync();
            seen = long.Parse(Field(Read(reader)[^1], "id"));
            await plane.CreateAsync();
        }

        await using var next = await MachinelessPlane.StartAsync(prepared, _home.Path, machine);
        using var again = next.Events.Open(Mine, seen.ToString());
        Assert.Equal(["sandbox.created", "sandbox.running"], again.Backlog.Select(frame => Field(Text(frame), "event")));
        await next.CreateAsync();
        Assert.Equal([seen + 3, seen + 4], Read(again).Select(frame => long.Parse(Field(frame, "id"))));
    }

    [Fact]
    public async Task What_is_no_longer_kept_is_said_to_be_missing()
    {
        await using var plane = await MachinelessPlane.StartAsync(prepared, _home.Path, configure: options => options.EventLogSize = 100);
        var sandbox = await plane.CreateAsync();
        for (var count = 0; count < 150; count++)
        {
            await plane.DoAsync(SandboxOperation.Extend, MachinelessPlane.Owner, sandbox.Id);
        }

        using var late = plane.Events.Open(Mine, "1");
        Assert.Equal("log.truncated", Field(Text(late.Backlog[0]), "event"));
        Assert.Equal(101, late.Backlog.Count);
        using var fromElsewhere = plane.Events.Open(Mine, "999999");
        Assert.Equal("log.truncated", Field(Text(Assert.Single(fromElsewhere.Backlog)), "event"));
    }

    [Theory]
    [InlineData("abc")]
    [InlineData("-1")]
    [InlineData("1; DROP TABLE events")]
    public async Task A_place_that_is_none_is_refused(string lastEventId)
    {
        await using var plane = await MachinelessPlane.StartAsync(prepared, _home.Path);

        var refused = Assert.Throws<HopxException>(() => plane.Events.Open(Mine, lastEventId));

        Assert.Equal(HopxErrorCode.InvalidRequest, refused.Code);
    }

    [Fact]
    public async Task Another_organization_hears_nothing_and_a_reader_of_one_sandbox_nothing_of_others()
    {
        await using var plane = await MachinelessPlane.StartAsync(prepared, _home.Path);
        var sandbox = await plane.CreateAsync();
        using var stranger = plane.Events.Open(new EventFilter(EventFilter.Sandboxes, OrganizationId: 2), "0");
        using var one = plane.Events.Open(new EventFilter(EventFilter.Sandboxes, OrganizationId: 1, sandbox.Id), lastEventId: null);

        await plane.CreateAsync();
        Assert.Empty(Read(one));
        await plane.DoAsync(SandboxOperation.Delete, MachinelessPlane.Owner, sandbox.Id);

        Assert.Equal("sandbox.deleted", Field(Assert.Single(Read(one)), "event"));
        Assert.True(one.Frames.Completion.IsCompleted);
        Assert.Empty(stranger.Backlog);
        Assert.Empty(Read(stranger));
    }

    [Fact]
    public async Task A_reader_that_falls_behind_is_cut_off_and_the_others_are_not()
    {
        await using var plane = await MachinelessPlane.StartAsync(prepared, _home.Path);
        var sandbox = await plane.CreateAsync();
        using var slow = plane.Events.Open(Mine, lastEventId: null);
        using var quick = plane.Events.Open(Mine, lastEventId: null);
        var cut = new TaskCompletionSource();
        using var registration = slow.FellBehind.Register(cut.SetResult);

        var read = 0;
        for (var count = 0; count < 300; count++)
        {
            await plane.DoAsync(SandboxOperation.Extend, MachinelessPlane.Owner, sandbox.Id);
            read += Read(quick).Count;
        }

        await cut.Task.WaitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(300, read);
        Assert.False(quick.FellBehind.IsCancellationRequested);
    }

    private static List<string> Read(EventReader reader)
    {
        var frames = new List<string>();
        while (reader.Frames.TryRead(out var frame))
        {
            frames.Add(Text(frame));
        }

        return frames;
    }

    private static string Text(ReadOnlyMemory<byte> frame) => Encoding.UTF8.GetString(frame.Span);

    private static string Field(string frame, string name) => frame.Split('\n').First(line => line.StartsWith(name + ": ", StringComparison.Ordinal))[(name.Length + 2)..];
}
