using BenchmarkDotNet.Attributes;
using Hopx.Benchmarks.Machine;
using Hopx.Client;

namespace Hopx.Benchmarks;

/// <summary>A quarter of a gigabyte of text that a run writes, against a pipe on the host.</summary>
public class OutputBenchmarks
{
    private const string Write = "yes 'a line of text as programs write them' | head -c 268435456";

    private BenchmarkHome _home = null!;
    private AgentClient _agent = null!;

    [GlobalSetup]
    public async Task OpenAsync()
    {
        _home = await BenchmarkHome.OpenAsync();
        _agent = _home.Client.Agent((await _home.CreateAsync()).Id);
    }

    [GlobalCleanup]
    public Task CloseAsync() => _home.DisposeAsync().AsTask();

    [Benchmark(Baseline = true)]
    public Task<string> PipeOnHost() => Programs.RunAsync("sh", "-c", $"{Write} | cat > /dev/null");

    /// <summary>Head and tail are kept, the rest is read and dropped.</summary>
    [Benchmark]
    public async Task<long> Answer()
    {
        var result = await _agent.Commands.RunAsync(new CommandRequest { Command = Write, Timeout = 300 });
        return result.StdoutOmittedBytes ?? throw new InvalidOperationException($"Nothing was cut: {result.Explanation}");
    }

    /// <summary>All of it over a WebSocket.</summary>
    [Benchmark]
    public async Task<long> Stream()
    {
        var updates = 0L;
        await foreach (var _ in _agent.Commands.StreamAsync(new CommandRequest { Command = Write, Timeout = 300 }))
        {
            updates++;
        }

        return updates;
    }
}
