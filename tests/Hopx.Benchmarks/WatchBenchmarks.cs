using BenchmarkDotNet.Attributes;
using Hopx.Benchmarks.Machine;
using Hopx.Client;

namespace Hopx.Benchmarks;

/// <summary>From the write of a file in a sandbox to the client that watches it, against the write alone.</summary>
public class WatchBenchmarks
{
    private BenchmarkHome _home = null!;
    private AgentClient _agent = null!;
    private FileWatch _watch = null!;
    private IAsyncEnumerator<FileChange> _changes = null!;
    private string _sandboxId = null!;
    private int _number;

    [GlobalSetup]
    public async Task OpenAsync()
    {
        _home = await BenchmarkHome.OpenAsync();
        _sandboxId = (await _home.CreateAsync()).Id;
        _agent = _home.Client.Agent(_sandboxId);
        await _agent.Files.MakeDirectoryAsync("/workspace/watched");
        _watch = await _agent.Files.WatchAsync("/workspace/watched");
        _changes = _watch.ReadAllAsync().GetAsyncEnumerator();
        await _changes.MoveNextAsync();
    }

    [GlobalCleanup]
    public async Task CloseAsync()
    {
        await _watch.DisposeAsync();
        await _home.Client.Sandboxes.DeleteAsync(_sandboxId);
        await _home.DisposeAsync();
    }

    [Benchmark(Baseline = true)]
    public Task<FileResponse> Write() => _agent.Files.WriteAsync($"/workspace/unwatched-{_number++}", "x");

    [Benchmark]
    public async Task WriteAndHear()
    {
        var path = $"/workspace/watched/{_number++}";
        var writing = _agent.Files.WriteAsync(path, "x");
        while (await _changes.MoveNextAsync() && _changes.Current.Path != path)
        {
        }

        await writing;
    }
}
