using Microsoft.Extensions.Options;

namespace Hopx.Mcp.Tests.Tools;

public sealed class ChoiceOfToolsTests : CloudTest
{
    private static readonly string[] ReadOnlyTools = ["list_files", "read_file", "sandbox_list", "screenshot"];

    [Fact]
    public async Task A_read_only_server_offers_only_what_changes_nothing()
    {
        await using var mcp = await McpHarness.StartAsync(Cloud, options => options.ReadOnly = true);

        Assert.Equal(ReadOnlyTools, (await mcp.Client.ListToolsAsync(cancellationToken: Stop)).Select(tool => tool.Name));
        var text = (await mcp.CallAsync("run_code", new { code = "1" }, Stop)).Failed();
        Assert.Contains("'run_code' is not offered here, since this server is read-only. There are: list_files, read_file, sandbox_list, screenshot.", text, StringComparison.Ordinal);
        Assert.Empty(Cloud.Requests.All);
    }

    [Fact]
    public async Task A_read_only_server_wakes_nothing()
    {
        using var client = Cloud.CreateClient();
        var id = (await client.Sandboxes.CreateAsync(new() { TemplateName = "base", TimeoutSeconds = 600 }, Stop)).Id;
        await client.Sandboxes.PauseAsync(id, Stop);
        await using var mcp = await McpHarness.StartAsync(Cloud, options => options.ReadOnly = true);

        Assert.Contains("is paused", (await mcp.CallAsync("list_files", new { sandbox_id = id }, Stop)).Failed(), StringComparison.Ordinal);
        Assert.Equal(Hopx.Client.SandboxStatus.Paused, Cloud.Find(id)!.Status);
    }

    [Theory]
    [InlineData("X-MCP-Readonly", "true")]
    [InlineData("X-MCP-Readonly", "1")]
    public async Task A_header_narrows_the_choice(string header, string value)
    {
        await using var mcp = await McpHarness.StartHttpAsync(Cloud);
        var narrowed = await mcp.ConnectAsync(extraHeader: header, extraValue: value);

        Assert.Equal(ReadOnlyTools, (await narrowed.ListToolsAsync(cancellationToken: Stop)).Select(tool => tool.Name));
        Assert.Equal(13, (await mcp.Client.ListToolsAsync(cancellationToken: Stop)).Count);
    }

    [Theory]
    [InlineData("X-MCP-Readonly", "false", 4)]
    [InlineData("X-MCP-Toolsets", "nonsense", 0)]
    [InlineData("X-MCP-Toolsets", "default,nonsense", 4)]
    public async Task A_header_never_widens_the_choice(string header, string value, int count)
    {
        await using var mcp = await McpHarness.StartHttpAsync(Cloud, options => options.ReadOnly = true);
        var client = await mcp.ConnectAsync(extraHeader: header, extraValue: value);

        Assert.Equal(count, (await client.ListToolsAsync(cancellationToken: Stop)).Count);
    }

    [Fact]
    public async Task An_unknown_toolset_stops_the_start()
    {
        var failure = await Assert.ThrowsAsync<OptionsValidationException>(() => McpHarness.StartAsync(Cloud, options => options.Toolsets = ["default", "rockets"]));

        Assert.Contains("Unknown toolset 'rockets'; each must be one of: default, desktop.", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_setting_out_of_range_stops_the_start() =>
        await Assert.ThrowsAsync<OptionsValidationException>(() => McpHarness.StartAsync(Cloud, options => options.OutputBudget = 10));
}
