using Hopx.ControlPlane.Operations;
using OpenTelemetry.Metrics;
using OpenTelemetry.Resources;
using OpenTelemetry.Trace;

namespace Hopx.Mcp.CommandLine.Serving;

/// <summary>Traces and metrics to an OTLP collector, where the environment names one by the variables of OpenTelemetry; nothing at all otherwise.</summary>
internal static class Telemetry
{
    private static readonly string[] Endpoints = ["OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"];

    /// <summary>The MCP library's own source and meter: each tool call with its name and how it ended.</summary>
    private const string Mcp = "Experimental.ModelContextProtocol";

    public static void AddTelemetry(this IHostApplicationBuilder builder)
    {
        if (!IsWanted(Environment.GetEnvironmentVariable))
        {
            return;
        }

        // OpenTelemetry reads its variables from the program's configuration, which begins empty here.
        builder.Configuration.AddInMemoryCollection(Variables());
        builder.Services.AddOpenTelemetry()
            // OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win.
            .ConfigureResource(resource => resource.AddService("hopx-mcp", serviceVersion: Output.ProgramVersion.Text).AddEnvironmentVariableDetector())
            .WithTracing(tracing => tracing.AddSource(ControlPlaneTelemetry.Name, Mcp).AddAspNetCoreInstrumentation().AddOtlpExporter())
            .WithMetrics(metrics => metrics.AddMeter(ControlPlaneTelemetry.Name, Mcp, "Microsoft.AspNetCore.Hosting", "Microsoft.AspNetCore.Server.Kestrel", "System.Runtime").AddOtlpExporter());
    }

    private static IEnumerable<KeyValuePair<string, string?>> Variables() => Environment.GetEnvironmentVariables().Cast<System.Collections.DictionaryEntry>()
        .Select(variable => KeyValuePair.Create((string)variable.Key, (string?)variable.Value))
        .Where(variable => variable.Key.StartsWith("OTEL_", StringComparison.Ordinal));

    /// <param name="read">The environment.</param>
    internal static bool IsWanted(Func<string, string?> read) =>
        !string.Equals(read("OTEL_SDK_DISABLED"), "true", StringComparison.OrdinalIgnoreCase) && Endpoints.Any(name => read(name) is { Length: > 0 });
}
