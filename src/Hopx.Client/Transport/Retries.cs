using Microsoft.Extensions.Http.Resilience;
using Polly;
using Polly.Retry;

namespace Hopx.Client;

/// <summary>Repeats what can be repeated without harm.</summary>
internal static class Retries
{
    // A longer wait is the caller's choice: the exception says how long the service asked for.
    private static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    /// <param name="options">How often.</param>
    /// <param name="time">Clock for the waits.</param>
    /// <param name="repeatsRefusedConnections">Off where a refused connection means that the address is stale.</param>
    /// <param name="transport">What sends.</param>
    public static DelegatingHandler Create(HopxClientOptions options, TimeProvider time, bool repeatsRefusedConnections, HttpMessageHandler transport)
    {
        var retries = new RetryStrategyOptions<HttpResponseMessage>
        {
            MaxRetryAttempts = options.MaxRetries,
            Delay = TimeSpan.FromMilliseconds(200),
            BackoffType = DelayBackoffType.Exponential,
            MaxDelay = TimeSpan.FromSeconds(10),
            UseJitter = true,
            ShouldHandle = attempt => ValueTask.FromResult(
                attempt.Outcome is { Result: { } response } ? IsHarmless(response) : IsHarmless(attempt.Outcome.Exception, attempt.Context, repeatsRefusedConnections)),
            DelayGenerator = attempt => ValueTask.FromResult(attempt.Outcome.Result is { } response ? HopxErrorReader.RetryAfter(response) : null),
        };
        return new ResilienceHandler(new ResiliencePipelineBuilder<HttpResponseMessage> { TimeProvider = time }.AddRetry(retries).Build()) { InnerHandler = transport };
    }

    private static bool IsHarmless(HttpResponseMessage response)
    {
        var repeatable = (int)response.StatusCode switch
        {
            // Refused before anything was done, so even a create can be repeated.
            429 => true,
            >= 500 or 408 => IsIdempotent(response.RequestMessage?.Method),
            _ => false,
        };
        return repeatable && !(HopxErrorReader.RetryAfter(response) > LongestWait);
    }

    private static bool IsHarmless(Exception? failure, ResilienceContext context, bool repeatsRefusedConnections) => failure switch
    {
        // What a transport explains in HopX's own words does not get better by asking again.
        HttpRequestException { InnerException: HopxException } => false,
        HttpRequestException { HttpRequestError: HttpRequestError.ConnectionError or HttpRequestError.NameResolutionError } => repeatsRefusedConnections,
        HttpRequestException => IsIdempotent(context.GetRequestMessage()?.Method),
        _ => false,
    };

    // A repeated create makes a second sandbox, a repeated run runs twice.
    private static bool IsIdempotent(HttpMethod? method) => method is not null && method != HttpMethod.Post && method != HttpMethod.Patch;
}
