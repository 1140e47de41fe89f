using Hopx.Client;

namespace Hopx.Agent;

/// <summary>Where a search ends, and what is said of it then.</summary>
internal sealed class SearchBounds(int limit, TimeSpan patience, TimeProvider time, CancellationToken cancellationToken)
{
    private const int LooksBetweenClocks = 64;

    private static readonly TimeSpan DefaultPatience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan MaxPatience = TimeSpan.FromSeconds(60);

    private readonly long _started = time.GetTimestamp();
    private int _looks;
    private int _found;

    /// <summary>The bound that was met; null as long as there is none.</summary>
    public string? TruncatedBy { get; private set; }

    public static IReadOnlyList<string> DefaultExcluded { get; } = [".git", "node_modules"];

    public static TimeSpan Patience(double? seconds) => seconds switch
    {
        null => DefaultPatience,
        > 0 and < 1e6 => TimeSpan.FromSeconds(Math.Min(seconds.Value, MaxPatience.TotalSeconds)),
        _ => throw new HopxException(HopxErrorCode.InvalidRequest, $"'timeout' is {seconds}; it must be a number of seconds above 0. More than {MaxPatience.TotalSeconds} counts as that many."),
    };

    public static int Limit(long? asked, int normal, int most) => asked switch
    {
        null => normal,
        > 0 => (int)Math.Min(asked.Value, most),
        _ => throw new HopxException(HopxErrorCode.InvalidRequest, $"'limit' is {asked}; it must be a whole number above 0. More than {most} counts as that many."),
    };

    /// <summary>Whether one more finding may be kept.</summary>
    public bool TryTake()
    {
        if (_found == limit)
        {
            TruncatedBy = "limit";
            return false;
        }

        _found++;
        return true;
    }

    public void MeetSize() => TruncatedBy = "size";

    /// <summary>Whether to go on.</summary>
    public bool Continue()
    {
        cancellationToken.ThrowIfCancellationRequested();
        if (TruncatedBy is null && _looks++ % LooksBetweenClocks == 0 && time.GetElapsedTime(_started) > patience)
        {
            TruncatedBy = "time";
        }

        return TruncatedBy is null;
    }
}
