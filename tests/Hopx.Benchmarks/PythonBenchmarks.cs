using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using Hopx.Benchmarks.Machine;
using Hopx.Client;

namespace Hopx.Benchmarks;

/// <summary>Python in the kernel and in interpreters of their own, against a new interpreter in the same sandbox; libraries imported a hundred times.</summary>
[GroupBenchmarksBy(BenchmarkLogicalGroupRule.ByCategory)]
[CategoriesColumn]
public class PythonBenchmarks
{
    private const int Imports = 100;

    // A loaded machine leaves few pauses.
    private static readonly TimeSpan TimeToWarm = TimeSpan.FromMinutes(5);

    private BenchmarkHome _home = null!;
    private AgentClient _agent = null!;

    [GlobalSetup]
    public async Task OpenAsync()
    {
        _home = await BenchmarkHome.OpenAsync();
        _agent = _home.Client.Agent((await _home.CreateAsync()).Id);
        await RunAsync("1", clean: false);
        // What the sandbox makes ready in its idle time is part of what is measured.
        await WaitUntilWarmAsync();
    }

    [GlobalCleanup]
    public async Task CloseAsync() => await _home.DisposeAsync();

    [Benchmark(Baseline = true), BenchmarkCategory("print")]
    public Task<string> OnHost() => Programs.RunAsync("python3", "-c", "print(6 * 7)");

    [Benchmark, BenchmarkCategory("print")]
    public Task<ExecutionResult> Kernel() => RunAsync("print(6 * 7)", clean: false);

    [Benchmark, BenchmarkCategory("print")]
    public Task<ExecutionResult> Clean() => RunAsync("print(6 * 7)", clean: true);

    [Benchmark(Baseline = true, OperationsPerInvoke = Imports), BenchmarkCategory("numpy")]
    public Task NumpyByCommand() => RepeatAsync(() => CommandAsync("python3 -c 'import numpy'"));

    [Benchmark(OperationsPerInvoke = Imports), BenchmarkCategory("numpy")]
    public Task NumpyClean() => RepeatAsync(() => RunAsync("import numpy", clean: true));

    [Benchmark(Baseline = true, OperationsPerInvoke = Imports), BenchmarkCategory("pandas")]
    public Task PandasByCommand() => RepeatAsync(() => CommandAsync("python3 -c 'import pandas'"));

    [Benchmark(OperationsPerInvoke = Imports), BenchmarkCategory("pandas")]
    public Task PandasClean() => RepeatAsync(() => RunAsync("import pandas", clean: true));

    private static async Task RepeatAsync(Func<Task> action)
    {
        for (var i = 0; i < Imports; i++)
        {
            await action();
        }
    }

    private async Task WaitUntilWarmAsync()
    {
        using var patience = new CancellationTokenSource(TimeToWarm);
        while ((await RunAsync("import sys\n'pandas' in sys.modules", clean: true)).Result != "True")
        {
            await Task.Delay(TimeSpan.FromSeconds(1), patience.Token);
        }
    }

    private async Task<ExecutionResult> RunAsync(string code, bool clean)
    {
        var result = await _agent.Execution.RunAsync(new ExecuteRequest { Code = code, Clean = clean });
        return result.Success ? result : throw new InvalidOperationException($"The code failed: {result.Explanation} {result.Stderr}");
    }

    private async Task CommandAsync(string line)
    {
        var result = await _agent.Commands.RunAsync(new CommandRequest { Command = line });
        if (!result.Success)
        {
            throw new InvalidOperationException($"The command failed: {result.Explanation} {result.Stderr}");
        }
    }
}
