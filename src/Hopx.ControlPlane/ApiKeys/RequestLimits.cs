using System.Globalization;
using System.Threading.RateLimiting;
using Hopx.Client;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Hopx.ControlPlane.ApiKeys;

/// <summary>How often each API key may ask, and make sandboxes. The user of this machine, on the control socket, is not limited.</summary>
internal sealed class RequestLimits : IDisposable
{
    private readonly TimeProvider _time;
    private readonly Limit _requests;
    private readonly Limit _creates;

    public RequestLimits(IOptions<ControlPlaneOptions> options, TimeProvider time)
    {
        _time = time;
        _requests = new Limit(options.Value.RequestsPerMinute);
        _creates = new Limit(options.Value.CreatesPerMinute);
    }

    /// <summary>Counts a request, and says in the answer's headers how many are left.</summary>
    /// <exception cref="HopxException">There were too many.</exception>
    public void Count(HttpContext context, Caller caller)
    {
        if (caller.IsLocal)
        {
            return;
        }

        Take(context, caller, _requests, "requests");
        if (HttpMethods.IsPost(context.Request.Method) && context.Request.Path == "/v1/sandboxes")
        {
            Take(context, caller, _creates, "creates");
        }
    }

    public void Dispose()
    {
        _requests.Dispose();
        _creates.Dispose();
    }

    private void Take(HttpContext context, Caller caller, Limit limit, string what)
    {
        using var lease = limit.Limiter.AttemptAcquire(caller.Subject);
        var left = limit.Limiter.GetStatistics(caller.Subject)?.CurrentAvailablePermits ?? 0;
        var full = _time.GetUtcNow() + TimeSpan.FromMinutes((limit.PerMinute - left) / (double)limit.PerMinute);
        // When the answer starts, since an error clears the headers that were set before.
        context.Response.OnStarting(() =>
        {
            var headers = context.Response.Headers;
            headers["X-RateLimit-Limit"] = limit.PerMinute.ToString(CultureInfo.InvariantCulture);
            headers["X-RateLimit-Remaining"] = left.ToString(CultureInfo.InvariantCulture);
            headers["X-RateLimit-Reset"] = full.ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture);
            return Task.CompletedTask;
        });
        if (!lease.IsAcquired)
        {
            throw new HopxException(
                HopxErrorCode.RateLimitExceeded, $"This API key may make {limit.PerMinute} {what} in a minute, and has. Wait as long as Retry-After says.")
            {
                RetryAfter = lease.TryGetMetadata(MetadataName.RetryAfter, out var wait) && wait > TimeSpan.Zero ? wait : limit.Period,
                Limit = limit.PerMinute,
            };
        }
    }

    private sealed class Limit : IDisposable
    {
        public Limit(int perMinute)
        {
            PerMinute = perMinute;
            // Refilled evenly, so that a caller who used all of it need not wait for the end of the minute.
            var perSecond = perMinute / 60;
            Period = perSecond > 0 ? TimeSpan.FromSeconds(1) : TimeSpan.FromMinutes(1) / perMinute;
            Limiter = PartitionedRateLimiter.Create<string, string>(subject => RateLimitPartition.GetTokenBucketLimiter(subject, _ => new TokenBucketRateLimiterOptions
            {
                TokenLimit = perMinute,
                TokensPerPeriod = Math.Max(1, perSecond),
                ReplenishmentPeriod = Period,
                AutoReplenishment = true,
                QueueLimit = 0,
            }));
        }

        public int PerMinute { get; }

        public TimeSpan Period { get; }

        public PartitionedRateLimiter<string> Limiter { get; }

        public void Dispose() => Limiter.Dispose();
    }
}
