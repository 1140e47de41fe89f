namespace Hopx.Agent;

/// <summary>Number and durations of the requests of one route, in a histogram of fixed size.</summary>
internal sealed class RouteStatistics
{
    private const int Buckets = 96;
    private const double FirstBoundMs = 0.05;

    // So a quantile is right within a seventh of itself, from 50 µs to a month.
    private const double Growth = 1.3;

    private readonly long[] _counts = new long[Buckets];
    private long _requests;
    private long _errors;
    private long _timed;
    private long _totalMicroseconds;

    public long Requests => Interlocked.Read(ref _requests);

    public long Errors => Interlocked.Read(ref _errors);

    public double TotalMs => Interlocked.Read(ref _totalMicroseconds) / 1000.0;

    public double AverageMs => Interlocked.Read(ref _timed) is var timed and > 0 ? Math.Round(TotalMs / timed, 3) : 0;

    /// <param name="isError">Whether the answer was an error.</param>
    /// <param name="duration">How long it took; null for conversations, which last as long as they are wanted.</param>
    public void Add(bool isError, TimeSpan? duration)
    {
        Interlocked.Increment(ref _requests);
        if (isError)
        {
            Interlocked.Increment(ref _errors);
        }

        if (duration is { } took)
        {
            Interlocked.Increment(ref _timed);
            Interlocked.Add(ref _totalMicroseconds, (long)took.TotalMicroseconds);
            Interlocked.Increment(ref _counts[BucketOf(took.TotalMilliseconds)]);
        }
    }

    /// <summary>The duration that this share of the requests did not exceed.</summary>
    public double QuantileMs(double share)
    {
        Span<long> counts = stackalloc long[Buckets];
        var total = 0L;
        for (var i = 0; i < Buckets; i++)
        {
            total += counts[i] = Interlocked.Read(ref _counts[i]);
        }

        var wanted = share * total;
        var seen = 0L;
        for (var i = 0; i < Buckets && total > 0; i++)
        {
            if (counts[i] > 0 && seen + counts[i] >= wanted)
            {
                var lower = i == 0 ? 0 : BoundMs(i - 1);
                return Math.Round(lower + ((BoundMs(i) - lower) * (wanted - seen) / counts[i]), 3);
            }

            seen += counts[i];
        }

        return 0;
    }

    private static double BoundMs(int bucket) => FirstBoundMs * Math.Pow(Growth, bucket);

    private static int BucketOf(double milliseconds) =>
        milliseconds <= FirstBoundMs ? 0 : Math.Min(Buckets - 1, (int)Math.Ceiling(Math.Log(milliseconds / FirstBoundMs, Growth)));
}
