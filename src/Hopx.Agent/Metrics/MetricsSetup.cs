using System.Text;
using Hopx.Client;

namespace Hopx.Agent;

internal static class MetricsSetup
{
    private const string PrometheusType = "text/plain; version=0.0.4; charset=utf-8";

    public static IServiceCollection AddMetricsReport(this IServiceCollection services) =>
        services.AddSingleton<RequestMetrics>().AddSingleton<SystemMeter>().AddSingleton<MetricsReport>();

    public static void MapMetrics(this IEndpointRouteBuilder routes)
    {
        foreach (var route in new[] { "/metrics", "/metrics/snapshot" })
        {
            routes.MapGet(route, (HttpContext http, MetricsReport report) => TypedResults.Json(report.Take(http.TraceIdentifier), HopxJson.Default.MetricsSnapshot));
        }

        routes.MapGet("/metrics/prometheus", (MetricsReport report) => TypedResults.Bytes(Encoding.UTF8.GetBytes(report.Write()), PrometheusType));
    }
}
