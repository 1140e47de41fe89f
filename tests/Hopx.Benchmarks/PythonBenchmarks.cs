using BenchmarkDotNet.Attributes;
using Hopx.Benchmarks.Machine;
using Hopx.Client;

namespace Hopx.Benchmarks;

/// <summary>Python in the kernel and in interpreters of their own, against a new interpreter on the host.</summary>
public class PythonBenchmarks
{
    private WarmPython _python = null!;

    [GlobalSetup]
    public async Task OpenAsync() => _python = await WarmPython.OpenAsync();

    [GlobalCleanup]
    public async Task CloseAsync() => await _python.DisposeAsync();

    [Benchmark(Baseline = true)]
    public Task<string> OnHost() => Programs.RunAsync("python3", "-c", "print(6 * 7)");

    [Benchmark]
    public Task<ExecutionResult> Kernel() => _python.RunAsync("print(6 * 7)", clean: false);

    [Benchmark]
    public Task<ExecutionResult> Clean() => _python.RunAsync("print(6 * 7)", clean: true);
}
