using System.Globalization;
using System.Text;
using Hopx.Client;

namespace Hopx.Agent;

/// <summary>What the agent counts, in JSON's shape and in Prometheus' text format.</summary>
internal sealed class MetricsReport(RequestMetrics requests, ActiveRuns active, SystemMeter meter, AgentFacts facts, TimeProvider time)
{
    private const double Share = 0.95;

    public MetricsSnapshot Take(string requestId)
    {
        var routes = requests.Routes;
        return new MetricsSnapshot
        {
            UptimeSeconds = Math.Round(facts.Uptime.TotalSeconds, 3),
            TotalExecutions = requests.Runs,
            ActiveExecutions = active.Count,
            ErrorCount = requests.RefusedRuns,
            TotalRequests = requests.TotalRequests,
            TotalErrors = requests.TotalErrors,
            RequestsTotal = routes.ToDictionary(route => route.Key, route => route.Value.Requests),
            AvgDurationMs = routes.ToDictionary(route => route.Key, route => route.Value.AverageMs),
            P95DurationMs = routes.ToDictionary(route => route.Key, route => route.Value.QuantileMs(Share)),
            Timestamp = time.GetUtcNow(),
            System = meter.Read(),
            Process = SystemMeter.ReadAgent(),
            RequestId = requestId,
        };
    }

    public string Write()
    {
        var text = new StringBuilder();
        var usage = meter.Read();
        Head(text, "hopx_agent_requests_total", "counter", "Requests by route.");
        var routes = requests.Routes;
        foreach (var (route, statistics) in routes)
        {
            Line(text, "hopx_agent_requests_total", route, statistics.Requests);
        }

        Head(text, "hopx_agent_errors_total", "counter", "Requests answered with a status from 400 up, by route.");
        foreach (var (route, statistics) in routes)
        {
            Line(text, "hopx_agent_errors_total", route, statistics.Errors);
        }

        Head(text, "hopx_agent_request_duration_seconds_total", "counter", "Time taken by requests, by route.");
        foreach (var (route, statistics) in routes)
        {
            Line(text, "hopx_agent_request_duration_seconds_total", route, statistics.TotalMs / 1000);
        }

        Single(text, "hopx_agent_executions_total", "counter", "Requests that ran something.", requests.Runs);
        Single(text, "hopx_agent_executions_active", "gauge", "Runs that are going on.", active.Count);
        Single(text, "hopx_agent_execution_errors_total", "counter", "Requests to run something that were refused.", requests.RefusedRuns);
        Single(text, "hopx_agent_uptime_seconds", "gauge", "Time since the agent started.", facts.Uptime.TotalSeconds);
        Single(text, "hopx_sandbox_memory_used_bytes", "gauge", "Memory in use in the sandbox.", (usage.Memory?.UsedMb ?? 0) * 1024.0 * 1024);
        Single(text, "hopx_sandbox_disk_used_bytes", "gauge", "Disk in use in the sandbox.", (usage.Disk?.UsedMb ?? 0) * 1024.0 * 1024);
        Single(text, "hopx_sandbox_network_received_bytes_total", "counter", "Bytes received from outside the sandbox.", usage.Network?.ReceivedBytes ?? 0);
        Single(text, "hopx_sandbox_network_sent_bytes_total", "counter", "Bytes sent out of the sandbox.", usage.Network?.SentBytes ?? 0);
        return text.ToString();
    }

    private static void Single(StringBuilder text, string name, string type, string help, double value)
    {
        Head(text, name, type, help);
        text.Append(CultureInfo.InvariantCulture, $"{name} {value}\n");
    }

    private static void Head(StringBuilder text, string name, string type, string help) => text.Append(CultureInfo.InvariantCulture, $"# HELP {name} {help}\n# TYPE {name} {type}\n");

    private static void Line(StringBuilder text, string name, string route, double value) =>
        text.Append(CultureInfo.InvariantCulture, $"{name}{{route=\"{route}\"}} {value}\n");
}
