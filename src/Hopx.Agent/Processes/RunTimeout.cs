namespace Hopx.Agent;

/// <summary>The time that a run gets: the SDKs ask for more than the documentation allows, so too much is shortened, not refused.</summary>
internal static class RunTimeout
{
    private static readonly TimeSpan Minimum = TimeSpan.FromMilliseconds(100);

    public static TimeSpan Clamp(double? seconds, TimeSpan whenAbsent, TimeSpan maximum) => seconds switch
    {
        null or <= 0 or double.NaN => whenAbsent < maximum ? whenAbsent : maximum,
        _ when seconds >= maximum.TotalSeconds => maximum,
        _ => TimeSpan.FromSeconds(Math.Max(seconds.Value, Minimum.TotalSeconds)),
    };
}
