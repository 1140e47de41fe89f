using System.Text;
using Hopx.Client;
using Hopx.EndToEnd.Tests.Program;
using Hopx.Testing;

namespace Hopx.EndToEnd.Tests.Http;

/// <summary>Traces and metrics arrive at a collector, and hold nothing of what callers said.</summary>
public sealed class OtlpTests(PreparedMachine machine)
{
    [Fact]
    public async Task A_collector_gets_traces_and_metrics_under_the_service_s_name_and_no_secret_in_them()
    {
        await using var collector = new OtlpReceiver();
        await using var program = await HopxProgram.CreateAsync(machine);
        var server = await program.ServeAsync(new Dictionary<string, string>
        {
            ["OTEL_EXPORTER_OTLP_ENDPOINT"] = collector.Url.ToString(),
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
            ["OTEL_SERVICE_NAME"] = "sandboxes-of-mine",
            ["OTEL_BSP_SCHEDULE_DELAY"] = "100",
            ["OTEL_METRIC_EXPORT_INTERVAL"] = "200",
            ["HOPX_WARM_SANDBOXES"] = "0",
        });
        using var client = await server.CreateClientAsync();

        var sandbox = await client.Sandboxes.CreateAsync(
            new CreateSandboxRequest { TemplateName = "base", TimeoutSeconds = 600, EnvVars = new Dictionary<string, string> { ["SECRET"] = "hunter2" } }, Patience.Token);
        Assert.Equal("hunter2\n", (await client.Agent(sandbox.Id).Commands.RunAsync("echo $SECRET", Patience.Token)).Stdout);

        await collector.WaitUntilAsync(static come => come.Spans.IsSupersetOf(["sandbox.create", "agent.request"])
            && come.Metrics.IsSupersetOf(["hopx.sandbox.creates", "hopx.sandbox.create.duration", "hopx.sandbox.count", "hopx.agent.request.duration", "hopx.admission.memory"]));
        Assert.Contains("sandboxes-of-mine", collector.ResourceValues);
        var key = await server.KeyAsync();
        Assert.All(collector.Bodies, body =>
        {
            var text = Encoding.UTF8.GetString(body);
            Assert.DoesNotContain("hunter2", text, StringComparison.Ordinal);
            Assert.DoesNotContain(key, text, StringComparison.Ordinal);
            Assert.DoesNotContain("eyJ", text, StringComparison.Ordinal);
        });
        Assert.Equal(0, await server.TerminateAsync());
    }
}
