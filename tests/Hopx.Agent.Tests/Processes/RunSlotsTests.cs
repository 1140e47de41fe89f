using Hopx.Client;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace Hopx.Agent.Tests;

public sealed class RunSlotsTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public async Task Who_waits_comes_in_order_and_nobody_overtakes()
    {
        var slots = Make(new ProcessOptions { MaxConcurrentRuns = 1 });
        var first = slots.TryTake();
        Assert.NotNull(first);
        var waiting = Enumerable.Range(0, 5).Select(_ => Take(slots)).ToList();
        Assert.Null(slots.TryTake());

        for (var i = 0; i < waiting.Count; i++)
        {
            Assert.All(waiting[i..], one => Assert.False(one.IsCompleted));
            first!.Dispose();
            first = await waiting[i];
            Assert.Null(slots.TryTake());
        }

        first!.Dispose();
        first.Dispose();
        Assert.NotNull(slots.TryTake());
        Assert.Null(slots.TryTake());
    }

    [Fact]
    public async Task Who_waited_as_long_as_the_run_could_take_is_refused_with_advice()
    {
        var slots = Make(new ProcessOptions { MaxConcurrentRuns = 1, MaxLongRuns = 0 });
        using var first = slots.TryTake();
        var waiting = Take(slots, seconds: 30);
        _time.Advance(TimeSpan.FromSeconds(29));
        Assert.False(waiting.IsCompleted);
        _time.Advance(TimeSpan.FromSeconds(1));
        var refused = await Assert.ThrowsAsync<HopxException>(() => waiting);
        Assert.Equal((HopxErrorCode.ResourceLimitError, TimeSpan.FromSeconds(1)), (refused.Code, refused.RetryAfter));
        Assert.Contains("30 s", refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, slots.Waiting);
    }

    [Fact]
    public async Task The_queue_is_bounded_in_number_and_in_bytes()
    {
        var slots = Make(new ProcessOptions { MaxConcurrentRuns = 1, MaxQueuedRuns = 2, MaxQueuedBytes = 1 << 20 });
        using var first = slots.TryTake();
        using var left = new CancellationTokenSource();
        var one = slots.TakeAsync(TimeSpan.FromSeconds(60), 1 << 19, left.Token);
        await Assert.ThrowsAsync<HopxException>(() => slots.TakeAsync(TimeSpan.FromSeconds(60), (1 << 19) + 1, CancellationToken.None));
        var two = slots.TakeAsync(TimeSpan.FromSeconds(60), 1 << 19, left.Token);
        await Assert.ThrowsAsync<HopxException>(() => slots.TakeAsync(TimeSpan.FromSeconds(60), 0, CancellationToken.None));
        await left.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => one);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => two);
        Assert.Equal(0, slots.Waiting);
    }

    [Fact]
    public async Task A_long_run_gives_its_place_to_the_next_as_long_as_there_is_room_for_long_ones()
    {
        var slots = Make(new ProcessOptions { MaxConcurrentRuns = 1, MaxLongRuns = 1 });
        var server = slots.TryTake()!;
        var next = Take(slots);
        var third = Take(slots);
        _time.Advance(TimeSpan.FromSeconds(5));
        var second = await next;
        _time.Advance(TimeSpan.FromSeconds(20));
        Assert.False(third.IsCompleted);
        server.Dispose();
        _time.Advance(TimeSpan.FromSeconds(5));
        (await third).Dispose();
        second.Dispose();
        Assert.NotNull(slots.TryTake());
    }

    private static Task<RunSlots.Slot> Take(RunSlots slots, double seconds = 60) => slots.TakeAsync(TimeSpan.FromSeconds(seconds), 0, TestContext.Current.CancellationToken);

    private RunSlots Make(ProcessOptions options) => new(Options.Create(options), _time);
}
