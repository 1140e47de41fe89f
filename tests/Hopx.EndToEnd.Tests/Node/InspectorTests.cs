using System.Text.Json;
using Hopx.EndToEnd.Tests.Program;
using Hopx.Testing;

namespace Hopx.EndToEnd.Tests.Node;

/// <summary>The command line of the MCP inspector, as people try out a server.</summary>
public sealed class InspectorTests(ServedProgram program, NodePackages packages, PreparedMachine machine) : IClassFixture<ServedProgram>
{
    [Fact]
    public async Task The_inspector_lists_and_calls_the_tools_over_stdio()
    {
        // With a home of its own, so that this server hosts its sandboxes itself.
        await using var other = await HopxProgram.CreateAsync(machine);
        string[] target = ["dotnet", Path.Combine(AppContext.BaseDirectory, "hopx-mcp.dll"), "stdio"];
        var configuration = Path.Combine(program.Scratch, "stdio.json");
        await File.WriteAllTextAsync(
            configuration, JsonSerializer.Serialize(new { mcpServers = new { hopx = new { command = target[0], args = target[1..], env = other.Variables() } } }), Patience.Token);

        await ListAndCallAsync("--config", configuration, "--server", "hopx");
    }

    [Theory]
    [InlineData("legacy")]
    [InlineData("modern")]
    public async Task The_inspector_lists_and_calls_the_tools_over_HTTP(string protocolEra)
    {
        var configuration = Path.Combine(program.Scratch, $"http-{protocolEra}.json");
        await File.WriteAllTextAsync(
            configuration, JsonSerializer.Serialize(new { mcpServers = new { hopx = new { type = "http", url = new Uri(program.Server.Url, "/mcp"), protocolEra } } }), Patience.Token);

        await ListAndCallAsync("--config", configuration, "--server", "hopx");
    }

    private async Task ListAndCallAsync(params string[] target)
    {
        var list = await InspectAsync([.. target, "--method", "tools/list"]);
        var call = await InspectAsync([.. target, "--method", "tools/call", "--tool-name", "run_code", "--tool-args-json", """{"code":"print(6 * 7)","conversation":"inspector"}"""]);
        var id = call.GetProperty("structuredContent").GetProperty("sandbox_id").GetString()!;
        var deleted = await InspectAsync([.. target, "--method", "tools/call", "--tool-name", "sandbox_delete", "--tool-args-json", $$"""{"sandbox_id":"{{id}}"}"""]);

        Assert.Contains("run_code", list.GetProperty("tools").EnumerateArray().Select(tool => tool.GetProperty("name").GetString()));
        Assert.Equal("42", call.GetProperty("structuredContent").GetProperty("stdout").GetString()!.Trim());
        Assert.Equal("deleted", deleted.GetProperty("structuredContent").GetProperty("status").GetString());
    }

    private async Task<JsonElement> InspectAsync(IReadOnlyList<string> arguments)
    {
        var run = (await packages.RunAsync("mcp-inspector", ["--cli", .. arguments, "--format", "json"], program.Scratch)).Succeeded();
        return JsonDocument.Parse(run.Output).RootElement.GetProperty("result");
    }
}
