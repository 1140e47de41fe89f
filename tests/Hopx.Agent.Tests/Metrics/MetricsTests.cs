using System.Net;
using System.Text.Json;
using Hopx.Client;

namespace Hopx.Agent.Tests;

public sealed class MetricsTests : IAsyncLifetime
{
    private readonly AgentFixture _agent = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => _agent.InitializeAsync();

    public ValueTask DisposeAsync() => _agent.DisposeAsync();

    [Theory]
    [InlineData("/metrics")]
    [InlineData("/metrics/snapshot")]
    public async Task Requests_are_counted_by_route(string path)
    {
        await _agent.ExecuteAsync("true", "bash");
        await _agent.ExecuteAsync("true", "bash");
        await _agent.SendAsync(HttpMethod.Post, "/execute", "{}");
        await _agent.SendAsync(HttpMethod.Delete, "/env/ONE");
        for (var i = 0; i < 50; i++)
        {
            await _agent.SendAsync(HttpMethod.Get, $"/nowhere/{i}");
        }

        var (_, body) = await _agent.SendAsync(HttpMethod.Get, path);
        var taken = body.Deserialize(HopxJson.Default.MetricsSnapshot)!;
        Assert.Equal((3L, 1L, 50L), (taken.RequestsTotal!["/execute"], taken.RequestsTotal["/env/{key}"], taken.RequestsTotal[RequestMetrics.Unknown]));
        Assert.Equal((3L, 1L, 51L, 54L, 0L), (taken.TotalExecutions, taken.ErrorCount, taken.TotalErrors, taken.TotalRequests, taken.ActiveExecutions));
        Assert.Equal(3, taken.RequestsTotal.Count);
        Assert.All([taken.AvgDurationMs!["/execute"], taken.P95DurationMs!["/execute"], taken.UptimeSeconds], number => Assert.True(number > 0, body.ToString()));
        Assert.All([taken.System!.Memory!.TotalMb, taken.System.Disk!.TotalMb, taken.System.Cpu!.Cores, taken.Process!.MemoryBytes], number => Assert.True(number > 0, body.ToString()));
    }

    [Fact]
    public async Task Prometheus_reads_the_same_in_its_own_words()
    {
        await _agent.ExecuteAsync("true", "bash");
        using var response = await _agent.Http.GetAsync("/metrics/prometheus", Token);
        Assert.Equal("text/plain; version=0.0.4; charset=utf-8", response.Content.Headers.ContentType?.ToString());
        var text = await response.Content.ReadAsStringAsync(Token);
        Assert.Contains("hopx_agent_requests_total{route=\"/execute\"} 1\n", text, StringComparison.Ordinal);
        Assert.Contains("# TYPE hopx_agent_executions_total counter\nhopx_agent_executions_total 1\n", text, StringComparison.Ordinal);
        Assert.All(
            text.Split('\n', StringSplitOptions.RemoveEmptyEntries),
            line => Assert.Matches(@"^(# (HELP|TYPE) [a-z_]+ .+|[a-z_]+(\{route=""[^""]+""\})? [0-9.E+-]+)$", line));
    }

    [Fact]
    public void A_quantile_is_near_the_true_one()
    {
        var statistics = new RouteStatistics();
        for (var i = 1; i <= 1000; i++)
        {
            statistics.Add(isError: i % 10 == 0, TimeSpan.FromMilliseconds(i));
        }

        statistics.Add(isError: false, duration: null);
        Assert.Equal((1001L, 100L, 500.5), (statistics.Requests, statistics.Errors, statistics.AverageMs));
        Assert.InRange(statistics.QuantileMs(0.95), 950 / 1.3, 950 * 1.3);
        Assert.InRange(statistics.QuantileMs(0.5), 500 / 1.3, 500 * 1.3);
        Assert.Equal(0, new RouteStatistics().QuantileMs(0.95));
        var extremes = new RouteStatistics();
        extremes.Add(isError: false, TimeSpan.Zero);
        extremes.Add(isError: false, TimeSpan.FromDays(1000));
        Assert.True(extremes.QuantileMs(0.95) > TimeSpan.FromDays(5).TotalMilliseconds);
    }

    [Fact]
    public async Task The_share_of_the_processors_counts_from_the_last_look()
    {
        var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
        var limits = (SandboxLimits)_agent.Services.GetService(typeof(SandboxLimits))!;
        var meter = new SystemMeter(limits, (Microsoft.Extensions.Options.IOptions<AgentOptions>)_agent.Services.GetService(typeof(Microsoft.Extensions.Options.IOptions<AgentOptions>))!, time);
        Assert.Null(meter.ReadCpu().UsagePercent);
        await _agent.ExecuteAsync("for i in $(seq 20000); do :; done", "bash");
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.InRange(meter.ReadCpu().UsagePercent!.Value, 0, 100);
    }

    [Fact]
    public async Task The_system_is_described_without_a_token()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/system");
        request.Headers.Authorization = new("Basic");
        using var response = await _agent.Http.SendAsync(request, Token);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var facts = JsonSerializer.Deserialize(await response.Content.ReadAsStringAsync(Token), HopxJson.Default.SystemFacts)!;
        Assert.NotEmpty(facts.Os!.Name!);
        Assert.NotEmpty(facts.Os.Kernel!);
        Assert.Contains(facts.Network!.Interfaces!, one => one.Name == "lo");
        Assert.Equal((Environment.ProcessorCount, _agent.Workdir), (facts.Hardware!.CpuCores, facts.Environment!.WorkingDir));
        Assert.True(facts.Memory!.TotalMb > 0 && facts.Disk!.TotalMb > 0);
    }

    [Fact]
    public async Task There_is_no_cache_and_it_says_so_in_both_shapes()
    {
        var (_, stats) = await _agent.SendAsync(HttpMethod.Get, "/cache/stats");
        Assert.Equal((0, 0, 0), (stats.GetProperty("cache").GetProperty("size").GetInt32(), stats.GetProperty("cache").GetProperty("total_hits").GetInt32(), stats.GetProperty("hits").GetInt32()));
        var (_, cleared) = await _agent.SendAsync(HttpMethod.Post, "/cache/clear");
        Assert.Equal((true, 0, 0), (cleared.GetProperty("success").GetBoolean(), cleared.GetProperty("entries_removed").GetInt32(), cleared.GetProperty("cleared_entries").GetInt32()));
        var (_, cache) = await _agent.SendAsync(HttpMethod.Get, "/cache");
        Assert.Equal("running", cache.GetProperty("status").GetString());
        Assert.Contains("Nothing is cached", cache.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("/update")]
    [InlineData("/agent/update")]
    public async Task The_agent_does_not_replace_itself(string prefix)
    {
        foreach (var step in new[] { "upload", "apply", "restart" })
        {
            await _agent.AssertRefusedAsync(HttpStatusCode.ServiceUnavailable, "SERVICE_UNAVAILABLE", HttpMethod.Post, $"{prefix}/{step}");
        }

        var (status, body) = await _agent.SendAsync(HttpMethod.Get, $"{prefix}/backups");
        Assert.Equal((HttpStatusCode.OK, 0), (status, body.GetProperty("backups").GetArrayLength()));
    }
}
