using Hopx.Client;
using Microsoft.Extensions.Time.Testing;

namespace Hopx.Desktop.Tests.Control;

public sealed class WritingLeaseTests : IDisposable
{
    private readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 28, 12, 0, 0, TimeSpan.Zero));
    private readonly WritingLease _lease;

    public WritingLeaseTests() => _lease = new WritingLease(_time);

    public void Dispose() => _lease.Dispose();

    [Fact]
    public void Nobody_is_refused_before_a_person_takes_over()
    {
        _lease.ThrowIfTaken();

        Assert.False(_lease.IsTaken);
        Assert.False(_lease.Describe().Taken);
    }

    [Fact]
    public void Who_is_refused_hears_who_has_control_since_when_until_when_and_what_to_do()
    {
        var free = _lease.Free;

        _lease.Take(new TakeControlRequest { Holder = "Ada", Seconds = 90 });

        var refused = Assert.Throws<HopxException>(_lease.ThrowIfTaken);
        Assert.Equal((HopxErrorCode.DesktopTakenOver, "DESKTOP_TAKEN_OVER", 409), (refused.Code, refused.Code.ToWire(), refused.Code.HttpStatus));
        Assert.StartsWith("Ada has taken over the desktop, since 12:00:00 UTC and until 12:01:30 UTC at the latest", refused.Message, StringComparison.Ordinal);
        Assert.Contains("screenshots still work", refused.Message, StringComparison.Ordinal);
        Assert.True(free.IsCancellationRequested);
    }

    [Fact]
    public void There_is_one_holder()
    {
        _lease.Take(null);

        Assert.Equal(HopxErrorCode.DesktopTakenOver, Assert.Throws<HopxException>(() => _lease.Take(null)).Code);
    }

    [Theory]
    [InlineData(9)]
    [InlineData(0)]
    [InlineData(-1)]
    [InlineData(3601)]
    public void A_time_out_of_range_is_refused(int seconds)
    {
        Assert.Equal(HopxErrorCode.InvalidRequest, Assert.Throws<HopxException>(() => _lease.Take(new TakeControlRequest { Seconds = seconds })).Code);
        Assert.False(_lease.IsTaken);
    }

    [Theory]
    [InlineData("two\nlines")]
    [InlineData("\u001b[31mred")]
    public void A_name_that_would_break_the_sentence_is_refused(string holder) =>
        Assert.Equal(HopxErrorCode.InvalidRequest, Assert.Throws<HopxException>(() => _lease.Take(new TakeControlRequest { Holder = holder })).Code);

    [Fact]
    public void A_name_that_is_too_long_is_refused() => Assert.Throws<HopxException>(() => _lease.Take(new TakeControlRequest { Holder = new string('a', 101) }));

    [Fact]
    public void Only_the_right_secret_renews_releases_and_connects()
    {
        var held = _lease.Take(null);
        var wrong = held.Key[..^1] + (held.Key[^1] is 'A' ? 'B' : 'A');

        foreach (var key in new[] { wrong, "x", held.Key + "x" })
        {
            Assert.Equal(HopxErrorCode.Forbidden, Assert.Throws<HopxException>(() => _lease.Renew(new HeldControlRequest { Lease = key })).Code);
            Assert.Equal(HopxErrorCode.Forbidden, Assert.Throws<HopxException>(() => _lease.Release(key)).Code);
            Assert.Equal(HopxErrorCode.Forbidden, Assert.Throws<HopxException>(() => _lease.Connect(key)).Code);
        }

        Assert.Equal(HopxErrorCode.MissingParameter, Assert.Throws<HopxException>(() => _lease.Connect(null)).Code);
        Assert.Null(_lease.Describe().Lease);
    }

    [Fact]
    public async Task Control_ends_when_its_time_is_up_though_the_holder_is_connected()
    {
        var held = _lease.Take(new TakeControlRequest { Seconds = 60 });
        using var connection = _lease.Connect(held.Key);

        _time.Advance(TimeSpan.FromSeconds(59));
        Assert.False(held.IsOver);
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Equal(WritingLease.Ending.Expired, await held.Over);
        Assert.True(connection.Ended.IsCancellationRequested);
        // Until it is known what changed, nobody acts.
        Assert.True(_lease.IsTaken);
        Assert.Throws<HopxException>(() => _lease.Connect(held.Key));
    }

    [Fact]
    public async Task Control_ends_half_a_minute_after_its_holder_has_left()
    {
        var held = _lease.Take(new TakeControlRequest { Seconds = 600 });
        var connection = _lease.Connect(held.Key);
        _time.Advance(TimeSpan.FromSeconds(100));

        connection.Dispose();
        connection.Dispose();
        _time.Advance(WritingLease.Absence - TimeSpan.FromSeconds(1));
        Assert.False(held.IsOver);
        using (_lease.Connect(held.Key))
        {
            _time.Advance(TimeSpan.FromSeconds(100));
            Assert.False(held.IsOver);
        }

        _time.Advance(WritingLease.Absence);

        Assert.Equal(WritingLease.Ending.Left, await held.Over);
    }

    [Fact]
    public void Who_takes_control_and_never_connects_does_not_keep_it()
    {
        var held = _lease.Take(null);

        _time.Advance(WritingLease.Absence);

        Assert.True(held.IsOver);
    }

    [Fact]
    public void A_renewal_counts_from_now()
    {
        var held = _lease.Take(new TakeControlRequest { Seconds = 60 });
        using var connection = _lease.Connect(held.Key);
        _time.Advance(TimeSpan.FromSeconds(50));

        var renewed = _lease.Renew(new HeldControlRequest { Lease = held.Key, Seconds = 60 });
        _time.Advance(TimeSpan.FromSeconds(59));

        Assert.Equal(new DateTimeOffset(2026, 11, 28, 12, 1, 50, TimeSpan.Zero), renewed.ExpiresAt);
        Assert.False(held.IsOver);
    }

    [Fact]
    public async Task When_it_is_returned_everybody_may_act_again_and_waiters_hear_it()
    {
        var held = _lease.Take(new TakeControlRequest { Holder = "Ada" });
        var next = _lease.Changed.Next;

        _lease.Release(held.Key);
        _lease.Return(held, new TakeOverReport { Id = held.Id, Holder = "Ada", Ending = "released", Summary = "Ada was here." });
        await next;

        _lease.ThrowIfTaken();
        Assert.False(_lease.Free.IsCancellationRequested);
        Assert.Equal("Ada was here.", _lease.Describe().Last!.Summary);
        Assert.Equal(WritingLease.Ending.Released, await held.Over);
        _lease.Take(null);
    }
}
