using Hopx.Testing;

namespace Hopx.Client.Tests.Agent.Metrics;

public sealed class MetricsClientTests : CloudTest
{
    [Fact]
    public async Task Metrics_are_read_in_either_format()
    {
        var agent = await CreateAgentAsync();
        Cloud.Answers.Add(HttpMethod.Get, "/metrics/snapshot", PlannedAnswer.Json(
            """{"uptime_seconds":62,"total_executions":3,"requests_total":{"/execute":3},"avg_duration_ms":{"/execute":12.5},"p95_duration_ms":null,"unknown":{"x":1}}"""));
        Cloud.Answers.Add(HttpMethod.Get, "/metrics/prometheus", PlannedAnswer.Json("x_total 1\n"));

        var taken = await agent.Metrics.GetAsync(Token);

        Assert.Equal((62d, 3L, 3L, 12.5), (taken.UptimeSeconds, taken.TotalExecutions, taken.RequestsTotal!["/execute"], taken.AvgDurationMs!["/execute"]));
        Assert.Equal("x_total 1\n", await agent.Metrics.GetPrometheusAsync(Token));
    }

    [Fact]
    public async Task Cache_system_and_backups_are_read()
    {
        var agent = await CreateAgentAsync();
        Cloud.Answers.Add(HttpMethod.Get, "/cache/stats", PlannedAnswer.Json("""{"cache":{"size":2,"max_size":1000,"total_hits":5,"ttl":"5m0s"},"size":2,"hits":5,"hit_rate":0.5}"""));
        Cloud.Answers.Add(HttpMethod.Get, "/cache", PlannedAnswer.Json("""{"status":"running"}"""));
        Cloud.Answers.Add(HttpMethod.Post, "/cache/clear", PlannedAnswer.Json("", 204));
        Cloud.Answers.Add(HttpMethod.Get, "/system", PlannedAnswer.Json("""{"os":{"name":"Debian"},"hardware":{"cpu_cores":2},"cpu":{"usage_percent":null,"cores":2}}"""));
        Cloud.Answers.Add(HttpMethod.Get, "/update/backups", PlannedAnswer.Json("""{"backups":["1.0"]}"""));

        Assert.Equal((5L, 2L), await agent.Cache.GetStatsAsync(Token) is var stats ? (stats.Hits, stats.Cache!.Size) : default);
        Assert.Equal("running", (await agent.Cache.GetStatusAsync(Token)).Status);
        Assert.True((await agent.Cache.ClearAsync(Token)).Success);
        Assert.Equal(("Debian", 2), await agent.GetSystemAsync(Token) is var system ? (system.Os!.Name, system.Hardware!.CpuCores) : default);
        Assert.Equal(["1.0"], (await agent.GetUpdateBackupsAsync(Token)).Backups);
    }
}
