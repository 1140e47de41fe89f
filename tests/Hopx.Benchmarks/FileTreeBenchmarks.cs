using BenchmarkDotNet.Attributes;
using Hopx.Benchmarks.Machine;
using Hopx.Client;

namespace Hopx.Benchmarks;

/// <summary>A hundred thousand files in a sandbox: found by name and by content through the API, against <c>find</c> and <c>grep -r</c> run there as commands.</summary>
[GroupBenchmarksBy(BenchmarkDotNet.Configs.BenchmarkLogicalGroupRule.ByCategory)]
public class FileTreeBenchmarks
{
    private const string Make = """
        python3 - <<'END'
        import os
        for d in range(1000):
            os.makedirs(f'/workspace/tree/{d}')
            for f in range(100):
                with open(f'/workspace/tree/{d}/file{f}.txt', 'w') as out:
                    out.write(f'first line of {d}/{f}\n' + 'some words that nobody looks for\n' * 20 + ('the needle\n' if f == 50 else 'no such thing\n'))
        os.makedirs('/workspace/flat')
        for f in range(100000):
            open(f'/workspace/flat/{f}', 'w').close()
        END
        """;

    private BenchmarkHome _home = null!;
    private AgentClient _agent = null!;
    private string _sandboxId = null!;

    [GlobalSetup]
    public async Task OpenAsync()
    {
        _home = await BenchmarkHome.OpenAsync();
        _sandboxId = (await _home.CreateAsync()).Id;
        _agent = _home.Client.Agent(_sandboxId);
        await RunAsync(Make);
    }

    [GlobalCleanup]
    public async Task CloseAsync()
    {
        await _home.Client.Sandboxes.DeleteAsync(_sandboxId);
        await _home.DisposeAsync();
    }

    [Benchmark(Baseline = true), BenchmarkCategory("names")]
    public Task<string> Find() => RunAsync("find /workspace/tree -name 'file5?.txt' | wc -l");

    [Benchmark, BenchmarkCategory("names")]
    public async Task<int> FilesFind() => (await _agent.Files.FindAsync("file5?.txt", "/workspace/tree", 20_000)).Count;

    [Benchmark(Baseline = true), BenchmarkCategory("content")]
    public Task<string> Grep() => RunAsync("grep -rn needle /workspace/tree | wc -l");

    [Benchmark, BenchmarkCategory("content")]
    public Task<int> FilesSearch() => SearchAsync("needle");

    [Benchmark(Baseline = true), BenchmarkCategory("expression")]
    public Task<string> GrepExpression() => RunAsync("grep -rnE 'the [m-o]e+dle$' /workspace/tree | wc -l");

    [Benchmark, BenchmarkCategory("expression")]
    public Task<int> FilesSearchExpression() => SearchAsync("the [m-o]e+dle$");

    [Benchmark(Baseline = true), BenchmarkCategory("list")]
    public Task<string> Ls() => RunAsync("ls -l /workspace/flat | wc -l");

    [Benchmark, BenchmarkCategory("list")]
    public async Task<int> FilesList() => (await _agent.Files.ListAsync("/workspace/flat")).Count;

    private async Task<int> SearchAsync(string pattern) =>
        (await _agent.Files.SearchAsync(new SearchFilesRequest { Path = "/workspace/tree", Pattern = pattern, Limit = 5000, Timeout = 60 })).Count;

    private async Task<string> RunAsync(string line)
    {
        var result = await _agent.Commands.RunAsync(new CommandRequest { Command = line, Timeout = 300 });
        return result.ExitCode == 0 ? result.Stdout : throw new InvalidOperationException(result.Stderr);
    }
}
