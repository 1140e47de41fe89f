namespace Hopx.Client;

/// <summary>How long to wait for the answer about a run.</summary>
internal static class RunTime
{
    // Agents cut longer runs short; a timer takes no more than some weeks.
    private static readonly TimeSpan Longest = TimeSpan.FromDays(1);

    /// <param name="seconds">Time limit of the run; null for the agent's own.</param>
    /// <param name="defaultSeconds">The agent's own.</param>
    /// <param name="grace">How much longer the answer may take.</param>
    public static TimeSpan WithGrace(double? seconds, double defaultSeconds, TimeSpan grace)
    {
        var limit = seconds ?? defaultSeconds;
        return double.IsFinite(limit) && limit >= 0
            ? TimeSpan.FromSeconds(Math.Min(limit, Longest.TotalSeconds)) + grace
            : throw new HopxException(HopxErrorCode.InvalidRequest, $"The timeout {limit} is no time. Give a number of seconds, such as 60.");
    }
}
