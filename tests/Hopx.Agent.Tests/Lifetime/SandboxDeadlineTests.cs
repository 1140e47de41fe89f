using Microsoft.Extensions.Time.Testing;

namespace Hopx.Agent.Tests;

public sealed class SandboxDeadlineTests
{
    private readonly FakeTimeProvider _time = new();

    [Fact]
    public void It_passes_when_its_time_is_over_and_not_before()
    {
        var deadline = new SandboxDeadline(_time);
        Assert.False(deadline.HasPassed);
        deadline.Set(_time.GetUtcNow().AddMinutes(5));
        _time.Advance(TimeSpan.FromMinutes(4.9));
        Assert.False(deadline.HasPassed);
        _time.Advance(TimeSpan.FromMinutes(0.2));
        Assert.True(deadline.HasPassed);
    }

    [Fact]
    public void It_can_be_moved_and_taken_away()
    {
        var deadline = new SandboxDeadline(_time);
        deadline.Set(_time.GetUtcNow().AddMinutes(-1));
        Assert.True(deadline.HasPassed);
        deadline.Set(_time.GetUtcNow().AddMinutes(1));
        Assert.False(deadline.HasPassed);
        deadline.Set(null);
        _time.Advance(TimeSpan.FromDays(100));
        Assert.False(deadline.HasPassed);
    }
}
