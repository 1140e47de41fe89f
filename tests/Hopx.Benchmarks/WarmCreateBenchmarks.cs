using BenchmarkDotNet.Attributes;
using Hopx.Benchmarks.Machine;
using Hopx.Client;

namespace Hopx.Benchmarks;

/// <summary>From the wish for a new sandbox to the result of the first code in it: one that stands ready, against the runtime alone.</summary>
public class WarmCreateBenchmarks : FreshSandboxBenchmarks
{
    [Benchmark(Baseline = true)]
    [Needs(Need.Root)]
    public Task<string> RuntimeAlone() => Bare.RunPythonAsync();

    [Benchmark]
    public Task<ExecutionResult> FromThePool() => CreateAndRunAsync();

    [Benchmark]
    public async Task CreateFromThePool() => await Home.CreateAsync();
}
