using BenchmarkDotNet.Attributes;
using Hopx.Benchmarks.Machine;

namespace Hopx.Benchmarks;

/// <summary>A hundred at once: from the wish for a new sandbox to the result of the first code in it; almost all must be made.</summary>
[WarmupCount(1)]
[IterationCount(3)]
public class ManyCreatesBenchmarks : FreshSandboxBenchmarks
{
    private const int Many = 100;

    [Benchmark]
    public Task ManyAtOnce() => Task.WhenAll(Enumerable.Range(0, Many).Select(_ => CreateAndRunAsync()));

    [Benchmark(Baseline = true)]
    [Needs(Need.Root)]
    public Task ManyRuntimesAtOnce() => Parallel.ForEachAsync(
        Enumerable.Range(0, Many), new ParallelOptions { MaxDegreeOfParallelism = 2 * Environment.ProcessorCount }, async (_, _) => await Bare.RunPythonAsync());
}
