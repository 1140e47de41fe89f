namespace Hopx.Agent.Tests;

public sealed class RunTimeoutTests
{
    [Theory]
    [InlineData(null, 30)]
    [InlineData(0.0, 30)]
    [InlineData(-5.0, 30)]
    [InlineData(double.NaN, 30)]
    [InlineData(120.0, 120)]
    [InlineData(1e300, 3600)]
    [InlineData(double.PositiveInfinity, 3600)]
    public void Times_are_clamped(double? asked, double expected) =>
        Assert.Equal(TimeSpan.FromSeconds(expected), RunTimeout.Clamp(asked, TimeSpan.FromSeconds(30), TimeSpan.FromHours(1)));
}
