using BenchmarkDotNet.Attributes;
using Hopx.Benchmarks.Machine;
using Hopx.Client;

namespace Hopx.Benchmarks;

/// <summary>A hundred megabytes that a command writes: followed by a client, and kept as a job's, against a pipe on the host.</summary>
public class StreamBenchmarks
{
    private const string Write = "yes 'sixty-three characters and a newline, as lines of a log are long' | head -c 100000000";

    private BenchmarkHome _home = null!;
    private string _sandboxId = null!;

    private AgentClient Agent => _home.Client.Agent(_sandboxId);

    [GlobalSetup]
    public async Task OpenAsync()
    {
        _home = await BenchmarkHome.OpenAsync();
        _sandboxId = (await _home.CreateAsync()).Id;
    }

    [GlobalCleanup]
    public async Task CloseAsync()
    {
        await _home.Client.Sandboxes.DeleteAsync(_sandboxId);
        await _home.DisposeAsync();
    }

    [Benchmark(Baseline = true)]
    public Task<string> PipeOnHost() => Programs.RunAsync("sh", "-c", Write + " | wc -c");

    [Benchmark]
    public async Task<long> StreamByClient()
    {
        var length = 0L;
        await foreach (var update in Agent.Commands.StreamAsync(new CommandRequest { Command = Write, Timeout = 300 }))
        {
            length += update is RunOutput output ? output.Text.Length : 0;
        }

        return length == 100_000_000 ? length : throw new InvalidOperationException($"{length} characters came.");
    }

    [Benchmark]
    public async Task<JobInfo> KeptByJob()
    {
        var job = await Agent.Commands.RunInBackgroundAsync(new BackgroundCommandRequest { Command = Write });
        var ended = await Agent.Jobs.WaitAsync(job.ProcessId, TimeSpan.FromMinutes(5));
        await Agent.Jobs.DeleteAsync(job.ProcessId);
        return ended.StdoutBytes == 100_000_000 ? ended : throw new InvalidOperationException($"{ended.StdoutBytes} bytes were written.");
    }
}
