using BenchmarkDotNet.Attributes;
using Hopx.Benchmarks.Machine;
using Hopx.Client;

namespace Hopx.Benchmarks;

/// <summary>A hundred at once: from the wish for a new sandbox to the result of the first code in it; almost all must be made.</summary>
[WarmupCount(1)]
[IterationCount(3)]
public class ManyCreatesBenchmarks
{
    private const int Many = 100;

    private BenchmarkHome _home = null!;
    private BareRuntime? _bare;

    [GlobalSetup]
    public async Task OpenAsync()
    {
        _home = await BenchmarkHome.OpenAsync(warm: 1);
        var sandbox = await _home.CreateAsync();
        _bare = BareRuntime.Like(_home, sandbox);
        await _home.Client.Sandboxes.DeleteAsync(sandbox.Id);
    }

    [GlobalCleanup]
    public async Task CloseAsync()
    {
        _bare?.Dispose();
        await _home.DisposeAsync();
    }

    [IterationSetup]
    public void MakeReady() => _home.RefillAsync().GetAwaiter().GetResult();

    [Benchmark]
    public Task ManyAtOnce() => Task.WhenAll(Enumerable.Range(0, Many).Select(_ => CreateAndRunAsync()));

    [Benchmark(Baseline = true)]
    [Needs(Need.Root)]
    public Task ManyRuntimesAtOnce() => Parallel.ForEachAsync(
        Enumerable.Range(0, Many), new ParallelOptions { MaxDegreeOfParallelism = 2 * Environment.ProcessorCount }, async (_, _) => await _bare!.RunPythonAsync());

    [IterationCleanup]
    public void DeleteAll() => _home.DeleteAllAsync().GetAwaiter().GetResult();

    private async Task<ExecutionResult> CreateAndRunAsync()
    {
        var sandbox = await _home.CreateAsync();
        return await _home.Client.Agent(sandbox.Id).Execution.RunAsync(new ExecuteRequest { Code = "print(6 * 7)" });
    }
}
