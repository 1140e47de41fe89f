using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using Hopx.Benchmarks.Machine;

namespace Hopx.Benchmarks;

/// <summary>Libraries imported a hundred times: by clean interpreters, which begin with them, against new ones in the same sandbox.</summary>
[GroupBenchmarksBy(BenchmarkLogicalGroupRule.ByCategory)]
[CategoriesColumn]
[WarmupCount(1)]
[IterationCount(3)]
public class PythonImportBenchmarks
{
    private const int Imports = 100;

    private WarmPython _python = null!;

    [GlobalSetup]
    public async Task OpenAsync() => _python = await WarmPython.OpenAsync();

    [GlobalCleanup]
    public async Task CloseAsync() => await _python.DisposeAsync();

    [Benchmark(Baseline = true, OperationsPerInvoke = Imports), BenchmarkCategory("numpy")]
    public Task NumpyByCommand() => RepeatAsync(() => _python.CommandAsync("python3 -c 'import numpy'"));

    [Benchmark(OperationsPerInvoke = Imports), BenchmarkCategory("numpy")]
    public Task NumpyClean() => RepeatAsync(() => _python.RunAsync("import numpy", clean: true));

    [Benchmark(Baseline = true, OperationsPerInvoke = Imports), BenchmarkCategory("pandas")]
    public Task PandasByCommand() => RepeatAsync(() => _python.CommandAsync("python3 -c 'import pandas'"));

    [Benchmark(OperationsPerInvoke = Imports), BenchmarkCategory("pandas")]
    public Task PandasClean() => RepeatAsync(() => _python.RunAsync("import pandas", clean: true));

    private static async Task RepeatAsync(Func<Task> action)
    {
        for (var i = 0; i < Imports; i++)
        {
            await action();
        }
    }
}
