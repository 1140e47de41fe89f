using System.Text.Json.Nodes;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using Hopx.Benchmarks.Machine;
using Hopx.Client;
using Hopx.Testing;

namespace Hopx.Benchmarks;

/// <summary>A desktop through MCP, against the same by the client: the difference is what the server and its picture of 1280x800 in the protocol cost.</summary>
[GroupBenchmarksBy(BenchmarkLogicalGroupRule.ByCategory)]
[CategoriesColumn]
public class ComputerBenchmarks
{
    private BenchmarkHome _home = null!;
    private StdioServer _server = null!;
    private AgentClient _agent = null!;
    private string _serverSandboxId = null!;
    private int _turn;

    [GlobalSetup]
    public async Task OpenAsync()
    {
        using (var machine = new PreparedMachine())
        {
            await machine.PrepareAsync("desktop");
        }

        _home = await BenchmarkHome.OpenAsync();
        _agent = _home.Client.Agent((await _home.CreateAsync("desktop")).Id);
        await _agent.Desktop.LaunchAsync(new LaunchRequest { Program = "env", Arguments = ["GSETTINGS_BACKEND=memory", "mousepad", "--disable-server"], WaitMs = 30_000 });
        _server = new StdioServer(Places.Server, new Dictionary<string, string>(_home.ServerEnvironment) { ["HOPX_TOOLSETS"] = "default,desktop" });
        await _server.DiscoverAndListAsync();
        _serverSandboxId = (await _server.CallAsync("sandbox_create", new JsonObject { ["template"] = "desktop" }))["structuredContent"]!["sandbox_id"]!.GetValue<string>();
        await CallAsync("launch", new JsonObject { ["program"] = "env", ["arguments"] = new JsonArray("GSETTINGS_BACKEND=memory", "mousepad", "--disable-server") });
    }

    [GlobalCleanup]
    public async Task CloseAsync()
    {
        await _server.CallAsync("sandbox_delete", new JsonObject { ["sandbox_id"] = _serverSandboxId });
        await _server.DisposeAsync();
        await _home.DeleteAllAsync();
        await _home.DisposeAsync();
    }

    [Benchmark(Baseline = true), BenchmarkCategory("look")]
    public Task<ActResult> LookByClient() => _agent.Desktop.ActAsync(new ActRequest { Screenshot = new ScreenshotRequest { Cursor = true } });

    [Benchmark, BenchmarkCategory("look")]
    public Task<JsonNode> LookByMcp() => CallAsync("screenshot", []);

    [Benchmark, BenchmarkCategory("look")]
    public Task<JsonNode> LookAtJpegByMcp() => CallAsync("screenshot", new JsonObject { ["format"] = "jpeg" });

    [Benchmark(Baseline = true), BenchmarkCategory("act")]
    public Task<ActResult> ClickWithEffectByClient() => _agent.Desktop.ActAsync(
        new ActRequest { Actions = [MenuOrNothing()], Screenshot = new ScreenshotRequest { Cursor = true } });

    [Benchmark, BenchmarkCategory("act")]
    public Task<JsonNode> ClickWithEffectByMcp() =>
        CallAsync("computer", new JsonObject { ["action"] = _turn++ % 2 == 0 ? "right_click" : "left_click", ["coordinate"] = new JsonArray(20, 20) });

    [Benchmark, BenchmarkCategory("act")]
    public Task<JsonNode> ClickWithoutEffectByMcp() => CallAsync("computer", new JsonObject { ["action"] = "left_click", ["coordinate"] = new JsonArray(1270, 20) });

    [Benchmark, BenchmarkCategory("act")]
    public Task<JsonNode> KeyByMcp() => CallAsync("computer", new JsonObject { ["action"] = "type", ["text"] = "a" });

    // A right click on the background opens a menu, and a click beside it closes it.
    private DesktopAction MenuOrNothing() => new() { Type = "click", X = 20, Y = 20, Button = _turn++ % 2 == 0 ? "right" : "left" };

    private Task<JsonNode> CallAsync(string tool, JsonObject arguments)
    {
        arguments["sandbox_id"] = _serverSandboxId;
        return _server.CallAsync(tool, arguments);
    }
}
