using BenchmarkDotNet.Attributes;
using Hopx.Benchmarks.Machine;
using Hopx.Client;

namespace Hopx.Benchmarks;

/// <summary>From the wish for a new sandbox to the result of the first code in it: one that stands ready, against the runtime alone.</summary>
public class WarmCreateBenchmarks
{
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

    [Benchmark(Baseline = true)]
    [Needs(Need.Root)]
    public Task<string> RuntimeAlone() => _bare!.RunPythonAsync();

    [Benchmark]
    public Task<ExecutionResult> FromThePool() => CreateAndRunAsync();

    [Benchmark]
    public async Task CreateFromThePool() => await _home.CreateAsync();

    [IterationCleanup]
    public void DeleteAll() => _home.DeleteAllAsync().GetAwaiter().GetResult();

    private async Task<ExecutionResult> CreateAndRunAsync()
    {
        var sandbox = await _home.CreateAsync();
        return await _home.Client.Agent(sandbox.Id).Execution.RunAsync(new ExecuteRequest { Code = "print(6 * 7)" });
    }
}
