using System.Collections.Concurrent;

namespace Hopx.Agent;

/// <summary>Counts requests by route. What has no route is counted together, so that no caller can make the table grow.</summary>
internal sealed class RequestMetrics(TimeProvider time) : IMiddleware
{
    public const string Unknown = "(unknown)";

    // The routes that run something.
    private static readonly HashSet<string> Executions =
    [
        "/execute", "/execute/rich", "/execute/ipython", "/execute/background", "/execute/async", "/execute/stream",
        "/stream", "/stream/ipython", "/commands/run", "/commands/background", "/commands/stream",
    ];

    private readonly ConcurrentDictionary<string, RouteStatistics> _routes = new(StringComparer.Ordinal);

    /// <summary>The routes by name. A copy made in one go: sorting the table itself fails when a route is added meanwhile.</summary>
    public IReadOnlyList<KeyValuePair<string, RouteStatistics>> Routes => [.. _routes.ToArray().OrderBy(route => route.Key, StringComparer.Ordinal)];

    public long TotalRequests => _routes.Values.Sum(route => route.Requests);

    public long TotalErrors => _routes.Values.Sum(route => route.Errors);

    public long Runs => _routes.Where(route => Executions.Contains(route.Key)).Sum(route => route.Value.Requests);

    public long RefusedRuns => _routes.Where(route => Executions.Contains(route.Key)).Sum(route => route.Value.Errors);

    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        var started = time.GetTimestamp();
        var isBroken = true;
        try
        {
            await next(context);
            isBroken = false;
        }
        finally
        {
            var status = context.Response.StatusCode;
            TimeSpan? duration = status == StatusCodes.Status101SwitchingProtocols ? null : time.GetElapsedTime(started);
            _routes.GetOrAdd(RouteOf(context), static _ => new RouteStatistics()).Add(isBroken || status >= StatusCodes.Status400BadRequest, duration);
        }
    }

    private static string RouteOf(HttpContext context) =>
        context.GetEndpoint() is RouteEndpoint { RoutePattern.RawText: { } pattern } ? pattern.Length > 1 ? "/" + pattern.Trim('/') : "/" : Unknown;
}
