using System.Text.Json.Nodes;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using Hopx.Benchmarks.Machine;
using Hopx.Client;

namespace Hopx.Benchmarks;

/// <summary>Calls to a sandbox that is there already, against the same program on the host: the difference is what the sandbox and the way to it cost.</summary>
[GroupBenchmarksBy(BenchmarkLogicalGroupRule.ByCategory)]
[CategoriesColumn]
public class RunCodeBenchmarks
{
    private const string Text = "forty-two\n";

    private readonly string _file = Path.GetTempFileName();
    private BenchmarkHome _home = null!;
    private StdioServer _server = null!;
    private AgentClient _agent = null!;
    private string _sandboxId = null!;
    private string _serverSandboxId = null!;

    [GlobalSetup]
    public async Task OpenAsync()
    {
        _home = await BenchmarkHome.OpenAsync();
        _sandboxId = (await _home.CreateAsync()).Id;
        _agent = _home.Client.Agent(_sandboxId);
        _server = new StdioServer(Places.Server, _home.ServerEnvironment);
        await _server.DiscoverAndListAsync();
        _serverSandboxId = (await _server.CallAsync("sandbox_create", []))["structuredContent"]!["sandbox_id"]!.GetValue<string>();
        await _agent.Files.WriteAsync("answer.txt", Text);
        await _server.CallAsync("write_file", new JsonObject { ["path"] = "answer.txt", ["content"] = Text, ["sandbox_id"] = _serverSandboxId });
        await File.WriteAllTextAsync(_file, Text);
    }

    [GlobalCleanup]
    public async Task CloseAsync()
    {
        await _server.CallAsync("sandbox_delete", new JsonObject { ["sandbox_id"] = _serverSandboxId });
        await _server.DisposeAsync();
        await _home.Client.Sandboxes.DeleteAsync(_sandboxId);
        await _home.DisposeAsync();
        File.Delete(_file);
    }

    [Benchmark(Baseline = true), BenchmarkCategory("python")]
    public Task<string> PythonOnHost() => Programs.RunAsync("python3", "-c", "print(6 * 7)");

    [Benchmark, BenchmarkCategory("python")]
    public Task<ExecutionResult> PythonByClient() => RunAsync("python", "print(6 * 7)");

    [Benchmark, BenchmarkCategory("python")]
    public Task<JsonNode> PythonByMcp() => RunByMcpAsync("python", "print(6 * 7)");

    [Benchmark(Baseline = true), BenchmarkCategory("javascript")]
    [Needs(Need.Node)]
    public Task<string> JavaScriptOnHost() => Programs.RunAsync("node", "-e", "console.log(6 * 7)");

    [Benchmark, BenchmarkCategory("javascript")]
    public Task<ExecutionResult> JavaScriptByClient() => RunAsync("javascript", "console.log(6 * 7)");

    [Benchmark, BenchmarkCategory("javascript")]
    public Task<JsonNode> JavaScriptByMcp() => RunByMcpAsync("javascript", "console.log(6 * 7)");

    [Benchmark(Baseline = true), BenchmarkCategory("bash")]
    public Task<string> BashOnHost() => Programs.RunAsync("bash", "-c", "echo $((6 * 7))");

    [Benchmark, BenchmarkCategory("bash")]
    public Task<ExecutionResult> BashByClient() => RunAsync("bash", "echo $((6 * 7))");

    [Benchmark, BenchmarkCategory("bash")]
    public Task<JsonNode> BashByMcp() => RunByMcpAsync("bash", "echo $((6 * 7))");

    [Benchmark, BenchmarkCategory("bash")]
    public Task<CommandResult> CommandByClient() => _agent.Commands.RunAsync(new CommandRequest { Command = "echo $((6 * 7))" });

    [Benchmark, BenchmarkCategory("bash")]
    public Task<JsonNode> CommandByMcp() => _server.CallAsync("run_command", new JsonObject { ["command"] = "echo $((6 * 7))", ["sandbox_id"] = _serverSandboxId });

    /// <summary>Go is seldom on the host, so the sandbox itself is the baseline.</summary>
    [Benchmark(Baseline = true), BenchmarkCategory("go")]
    public Task<ExecutionResult> GoByClient() => RunAsync("go", GoCode);

    [Benchmark, BenchmarkCategory("go")]
    public Task<JsonNode> GoByMcp() => RunByMcpAsync("go", GoCode);

    [Benchmark(Baseline = true), BenchmarkCategory("read a file")]
    public Task<string> CatOnHost() => Programs.RunAsync("cat", _file);

    [Benchmark, BenchmarkCategory("read a file")]
    public Task<FileContent> FileByClient() => _agent.Files.ReadAsync("answer.txt");

    [Benchmark, BenchmarkCategory("read a file")]
    public Task<JsonNode> FileByMcp() => _server.CallAsync("read_file", new JsonObject { ["path"] = "answer.txt", ["sandbox_id"] = _serverSandboxId });

    private const string GoCode = "package main\nimport \"fmt\"\nfunc main() { fmt.Println(6 * 7) }";

    private Task<ExecutionResult> RunAsync(string language, string code) => _agent.Execution.RunAsync(new ExecuteRequest { Language = language, Code = code });

    private Task<JsonNode> RunByMcpAsync(string language, string code) =>
        _server.CallAsync("run_code", new JsonObject { ["language"] = language, ["code"] = code, ["sandbox_id"] = _serverSandboxId });
}
