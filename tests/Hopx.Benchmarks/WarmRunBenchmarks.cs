using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using Hopx.Benchmarks.Machine;
using Hopx.Client;

namespace Hopx.Benchmarks;

/// <summary>
/// Code that comes as an agent sends it, with pauses for thought in between: what the sandbox makes ready meanwhile counts. Against the same program on the host.
/// </summary>
[GroupBenchmarksBy(BenchmarkLogicalGroupRule.ByCategory)]
[CategoriesColumn]
public class WarmRunBenchmarks
{
    private static readonly TimeSpan Thought = TimeSpan.FromMilliseconds(500);

    private readonly string _directory = Directory.CreateTempSubdirectory("hopx-benchmark-go-").FullName;
    private BenchmarkHome _home = null!;
    private AgentClient _agent = null!;
    private int _number;

    [GlobalSetup]
    public async Task OpenAsync()
    {
        _home = await BenchmarkHome.OpenAsync();
        _agent = _home.Client.Agent((await _home.CreateAsync()).Id);
    }

    [GlobalCleanup]
    public async Task CloseAsync()
    {
        await _home.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
    }

    [IterationSetup]
    public void Think()
    {
        Thread.Sleep(Thought);
        _number++;
        File.WriteAllText(Path.Combine(_directory, "main.go"), GoCode(_number));
    }

    [Benchmark(Baseline = true), BenchmarkCategory("javascript")]
    [Needs(Need.Node)]
    public Task<string> JavaScriptOnHost() => Programs.RunAsync("node", "-e", "console.log(6 * 7)");

    [Benchmark, BenchmarkCategory("javascript")]
    public Task<ExecutionResult> JavaScript() => RunAsync("javascript", "console.log(6 * 7)");

    [Benchmark, BenchmarkCategory("javascript")]
    public Task<ExecutionResult> JavaScriptModule() => RunAsync("javascript", "import os from 'os';\nconsole.log(6 * 7)");

    [Benchmark(Baseline = true), BenchmarkCategory("bash")]
    public Task<string> BashOnHost() => Programs.RunAsync("bash", "-c", "echo $((6 * 7))");

    [Benchmark, BenchmarkCategory("bash")]
    public Task<ExecutionResult> Bash() => RunAsync("bash", "echo $((6 * 7))");

    [Benchmark(Baseline = true), BenchmarkCategory("command")]
    public Task<string> CommandOnHost() => Programs.RunAsync("sh", "-c", "echo $((6 * 7))");

    [Benchmark, BenchmarkCategory("command")]
    public Task<CommandResult> Command() => _agent.Commands.RunAsync("echo $((6 * 7))");

    /// <summary>New code each time.</summary>
    [Benchmark(Baseline = true), BenchmarkCategory("go")]
    [Needs(Need.Go)]
    public Task<string> GoOnHost() => Programs.RunAsync("go", "run", Path.Combine(_directory, "main.go"));

    [Benchmark, BenchmarkCategory("go")]
    public Task<ExecutionResult> GoNewCode() => RunAsync("go", GoCode(_number));

    [Benchmark, BenchmarkCategory("go")]
    public Task<ExecutionResult> GoSameCode() => RunAsync("go", GoCode(0));

    private static string GoCode(int number) => $"package main\nimport \"fmt\"\nfunc main() {{ fmt.Println(6 * 7 + {number}) }}";

    private async Task<ExecutionResult> RunAsync(string language, string code)
    {
        var result = await _agent.Execution.RunAsync(new ExecuteRequest { Language = language, Code = code });
        return result.Success ? result : throw new InvalidOperationException($"The {language} code failed: {result.Explanation} {result.Stderr}");
    }
}
