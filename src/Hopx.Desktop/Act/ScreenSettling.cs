using Hopx.Client;

namespace Hopx.Desktop;

/// <summary>Tells when the screen has come to rest, by the X server's word of each change.</summary>
internal sealed class ScreenSettling(TimeProvider time)
{
    // A screen that changed this shortly before an action does so by itself: a film, not an effect.
    private static readonly TimeSpan RestlessWindow = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan RestlessMost = TimeSpan.FromMilliseconds(250);

    // A program that has taken its input draws what follows from it right away.
    private static readonly TimeSpan DrawingTime = TimeSpan.FromMilliseconds(60);

    public bool IsRestless(Screen screen) => screen.LastDamage != 0 && time.GetElapsedTime(screen.LastDamage) < RestlessWindow;

    /// <returns>False when it still changed when the time was up.</returns>
    public async Task<bool> WaitAsync(DesktopSession session, SettlePatience patience, bool isRestless, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        var most = isRestless && patience.Most > RestlessMost ? RestlessMost : patience.Most;
        var understood = session.Ping.AnsweredAsync(most, cancellationToken);
        var firstEnd = patience.First;
        var knowsEnd = false;
        while (true)
        {
            var next = session.Screen.Damage.Next;
            var elapsed = time.GetElapsedTime(started);
            if (!knowsEnd && understood.IsCompleted)
            {
                knowsEnd = true;
                firstEnd = elapsed + DrawingTime > firstEnd && understood is { IsCompletedSuccessfully: true, Result: true } ? elapsed + DrawingTime : firstEnd;
            }

            var last = session.Screen.LastDamage;
            var quietFrom = last > started ? time.GetElapsedTime(started, last) : (TimeSpan?)null;
            var end = quietFrom is { } from ? from + patience.Quiet : knowsEnd ? firstEnd : most;
            if (elapsed >= end)
            {
                return true;
            }

            if (elapsed >= most || session.X.IsLost)
            {
                return quietFrom is null && !session.X.IsLost;
            }

            var wakeUp = knowsEnd ? next : Task.WhenAny(next, understood);
            await Pulse.WithinAsync(wakeUp, (end < most ? end : most) - elapsed, time, cancellationToken);
        }
    }
}

/// <summary>How long to wait for a screen at rest.</summary>
internal sealed record SettlePatience(TimeSpan Quiet, TimeSpan Most, TimeSpan First)
{
    public static SettlePatience Of(SettleRequest? request)
    {
        var quiet = Checked(request?.QuietMs ?? 100, 10, 5_000, "quiet_ms");
        var most = Checked(request?.MaxMs ?? 2_000, 0, 30_000, "max_ms");
        var first = Checked(request?.FirstMs ?? 150, 0, 30_000, "first_ms");
        return new SettlePatience(quiet, most, first);
    }

    private static TimeSpan Checked(int value, int least, int most, string name) => value >= least && value <= most
        ? TimeSpan.FromMilliseconds(value)
        : throw new HopxException(HopxErrorCode.InvalidRequest, $"'settle.{name}' is {value}; it must be from {least} to {most}.");
}
