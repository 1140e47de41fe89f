namespace Hopx.ControlPlane.Tests.Sandboxes.Fakes;

/// <summary>A clock on the wall, which somebody may set, and a monotonic one, which nobody can.</summary>
internal sealed class SteppingTime : TimeProvider
{
    private TimeSpan _passed;
    private DateTimeOffset _wall = new(2026, 1, 5, 10, 0, 0, TimeSpan.Zero);

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override DateTimeOffset GetUtcNow() => _wall;

    public override long GetTimestamp() => _passed.Ticks;

    /// <summary>Time passes.</summary>
    public void Advance(TimeSpan time)
    {
        _passed += time;
        _wall += time;
    }

    /// <summary>The clock on the wall is set, and no time passes.</summary>
    public void Step(TimeSpan step) => _wall += step;
}
