using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using Hopx.Benchmarks.Machine;
using Hopx.Client;

namespace Hopx.Benchmarks;

/// <summary>Many at once in one sandbox, against as many at once on the host.</summary>
[GroupBenchmarksBy(BenchmarkLogicalGroupRule.ByCategory, BenchmarkLogicalGroupRule.ByParams)]
[CategoriesColumn]
public class ParallelRunBenchmarks
{
    private BenchmarkHome _home = null!;
    private AgentClient _agent = null!;

    [Params(1, 10, 100)]
    public int AtOnce { get; set; }

    [GlobalSetup]
    public async Task OpenAsync()
    {
        _home = await BenchmarkHome.OpenAsync();
        _agent = _home.Client.Agent((await _home.CreateAsync()).Id);
    }

    [GlobalCleanup]
    public Task CloseAsync() => _home.DisposeAsync().AsTask();

    [Benchmark(Baseline = true), BenchmarkCategory("bash")]
    public Task BashOnHost() => AllAsync(() => Programs.RunAsync("bash", "-c", "echo $((6 * 7))"));

    [Benchmark, BenchmarkCategory("bash")]
    public Task Bash() => AllAsync(() => _agent.Execution.RunAsync(new ExecuteRequest { Language = "bash", Code = "echo $((6 * 7))", Timeout = 300 }));

    [Benchmark(Baseline = true), BenchmarkCategory("javascript")]
    [Needs(Need.Node)]
    public Task JavaScriptOnHost() => AllAsync(() => Programs.RunAsync("node", "-e", "console.log(6 * 7)"));

    [Benchmark, BenchmarkCategory("javascript")]
    public Task JavaScript() => AllAsync(() => _agent.Execution.RunAsync(new ExecuteRequest { Language = "javascript", Code = "console.log(6 * 7)", Timeout = 300 }));

    private Task AllAsync(Func<Task> one) => Task.WhenAll(Enumerable.Range(0, AtOnce).Select(_ => one()));
}
