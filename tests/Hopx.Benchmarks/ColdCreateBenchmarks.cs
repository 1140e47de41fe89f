using System.Text.Json.Nodes;
using BenchmarkDotNet.Attributes;
using Hopx.Benchmarks.Machine;
using Hopx.Client;

namespace Hopx.Benchmarks;

/// <summary>From the wish for a new sandbox to the result of the first code in it.</summary>
public class ColdCreateBenchmarks
{
    private readonly List<string> _made = [];
    private BenchmarkHome _home = null!;
    private StdioServer _server = null!;
    private BareRuntime? _bare;

    [GlobalSetup]
    public async Task OpenAsync()
    {
        _home = await BenchmarkHome.OpenAsync();
        var sandbox = await _home.CreateAsync();
        _bare = BareRuntime.Like(_home, sandbox);
        await _home.Client.Sandboxes.DeleteAsync(sandbox.Id);
        _server = new StdioServer(Places.Server, _home.ServerEnvironment);
        await _server.DiscoverAndListAsync();
    }

    [GlobalSetup(Target = nameof(Docker))]
    public async Task OpenWithDockerAsync()
    {
        await DockerImage.ImportAsync();
        await OpenAsync();
    }

    [GlobalCleanup]
    public async Task CloseAsync()
    {
        await _server.DisposeAsync();
        _bare?.Dispose();
        await _home.DisposeAsync();
    }

    [GlobalCleanup(Target = nameof(Docker))]
    public async Task CloseWithDockerAsync()
    {
        await CloseAsync();
        await DockerImage.RemoveAsync();
    }

    [Benchmark(Baseline = true)]
    [Needs(Need.Root)]
    public Task<string> RuntimeAlone() => _bare!.RunPythonAsync();

    [Benchmark]
    [Needs(Need.Docker)]
    public Task<string> Docker() => DockerImage.RunPythonAsync();

    [Benchmark]
    public async Task<ExecutionResult> ControlPlane()
    {
        var sandbox = await _home.CreateAsync();
        _made.Add(sandbox.Id);
        return await _home.Client.Agent(sandbox.Id).Execution.RunAsync(new ExecuteRequest { Code = "print(6 * 7)" });
    }

    /// <summary>Only the create: its agent answers, and no code has run.</summary>
    [Benchmark]
    public async Task ControlPlaneWithoutCode() => _made.Add((await _home.CreateAsync()).Id);

    [Benchmark]
    public async Task<JsonNode> Mcp()
    {
        var created = await _server.CallAsync("sandbox_create", []);
        var id = created["structuredContent"]!["sandbox_id"]!.GetValue<string>();
        _made.Add(id);
        return await _server.CallAsync("run_code", new JsonObject { ["code"] = "print(6 * 7)", ["sandbox_id"] = id });
    }

    [IterationCleanup]
    public void DeleteMade() => DeleteMadeAsync().GetAwaiter().GetResult();

    private async Task DeleteMadeAsync()
    {
        foreach (var id in _made)
        {
            if (Directory.Exists(_home.SandboxDirectory(id)))
            {
                await _home.Client.Sandboxes.DeleteAsync(id);
            }
            else
            {
                await _server.CallAsync("sandbox_delete", new JsonObject { ["sandbox_id"] = id });
            }
        }

        _made.Clear();
    }
}
