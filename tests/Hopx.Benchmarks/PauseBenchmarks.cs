using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using Hopx.Benchmarks.Machine;
using Hopx.Client;

namespace Hopx.Benchmarks;

/// <summary>Steps between running and paused, each against a call that changes nothing on the same way.</summary>
[GroupBenchmarksBy(BenchmarkLogicalGroupRule.ByCategory)]
[CategoriesColumn]
public class PauseBenchmarks
{
    private BenchmarkHome _home = null!;
    private string _id = null!;

    [GlobalSetup]
    public async Task OpenAsync()
    {
        _home = await BenchmarkHome.OpenAsync();
        _id = (await _home.CreateAsync()).Id;
        await ReadEnvironmentAsync();
    }

    [GlobalCleanup]
    public async Task CloseAsync()
    {
        await _home.Client.Sandboxes.DeleteAsync(_id);
        await _home.DisposeAsync();
    }

    [IterationSetup(Targets = [nameof(Pause), nameof(RequestToRunning)])]
    public void Run() => _home.Client.Sandboxes.ResumeAsync(_id).GetAwaiter().GetResult();

    [IterationSetup(Target = nameof(Resume))]
    public void Freeze() => _home.Client.Sandboxes.PauseAsync(_id).GetAwaiter().GetResult();

    [IterationSetup(Target = nameof(RequestThatWakes))]
    public void Sleep()
    {
        Run();
        _home.FallAsleepAsync(_id).GetAwaiter().GetResult();
    }

    [Benchmark(Baseline = true), BenchmarkCategory("pause and resume")]
    public Task<Sandbox> Get() => _home.Client.Sandboxes.GetAsync(_id);

    [Benchmark, BenchmarkCategory("pause and resume")]
    public Task<SandboxStateChange> Pause() => _home.Client.Sandboxes.PauseAsync(_id);

    [Benchmark, BenchmarkCategory("pause and resume")]
    public Task<SandboxStateChange> Resume() => _home.Client.Sandboxes.ResumeAsync(_id);

    [Benchmark(Baseline = true), BenchmarkCategory("wake")]
    public Task<IReadOnlyDictionary<string, string>> RequestToRunning() => ReadEnvironmentAsync();

    [Benchmark, BenchmarkCategory("wake")]
    public Task<IReadOnlyDictionary<string, string>> RequestThatWakes() => ReadEnvironmentAsync();

    private Task<IReadOnlyDictionary<string, string>> ReadEnvironmentAsync() => _home.Client.Agent(_id).Environment.GetAllAsync();
}
