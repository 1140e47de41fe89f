using System.Text.Json.Nodes;
using BenchmarkDotNet.Attributes;
using Hopx.Benchmarks.Machine;

namespace Hopx.Benchmarks;

/// <summary>From the start of the process to its list of tools, over stdio: what a person waits for when an agent host starts.</summary>
public class StdioStartBenchmarks
{
    private BenchmarkHome _home = null!;
    private StdioServer? _server;

    [GlobalSetup]
    public async Task OpenAsync() => _home = await BenchmarkHome.OpenAsync();

    [GlobalCleanup]
    public async Task CloseAsync() => await _home.DisposeAsync();

    [Benchmark(Baseline = true)]
    public Task<JsonNode> FrameworkDependent() => DiscoverAsync(Places.DotNet, Places.FrameworkProgram, "stdio");

    [Benchmark]
    public Task<JsonNode> FrameworkDependentWithHandshake() => InitializeAsync(Places.DotNet, Places.FrameworkProgram, "stdio");

    [Benchmark]
    [Needs(Need.NativeBuild)]
    public Task<JsonNode> Native() => DiscoverAsync(Places.NativeProgram, "stdio");

    [Benchmark]
    [Needs(Need.NativeBuild)]
    public Task<JsonNode> NativeWithHandshake() => InitializeAsync(Places.NativeProgram, "stdio");

    /// <summary>The reference server of the protocol's own TypeScript SDK.</summary>
    [Benchmark]
    [Needs(Need.NodeServer)]
    public Task<JsonNode> NodeWithHandshake() => InitializeAsync("node", Places.NodeServer, "stdio");

    /// <summary>How long it takes to end is not measured.</summary>
    [IterationCleanup]
    public void End()
    {
        _server?.DisposeAsync().AsTask().GetAwaiter().GetResult();
        _server = null;
    }

    private Task<JsonNode> DiscoverAsync(params IReadOnlyList<string> command) => (_server = new StdioServer(command, _home.ServerEnvironment)).DiscoverAndListAsync();

    private Task<JsonNode> InitializeAsync(params IReadOnlyList<string> command) => (_server = new StdioServer(command, _home.ServerEnvironment)).InitializeAndListAsync();
}
