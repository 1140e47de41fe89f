namespace Hopx.Mcp.Tests.Tools;

public sealed class SandboxToolsTests : CloudTest
{
    [Fact]
    public async Task A_created_sandbox_is_described_in_text_and_facts()
    {
        await using var mcp = await McpHarness.StartAsync(Cloud);

        var made = (await mcp.CallAsync("sandbox_create", new { template = "base", timeout_seconds = 600, env_vars = new Dictionary<string, string> { ["A"] = "1" } }, Stop)).Succeeded();

        var sandbox = Assert.Single(Cloud.Sandboxes);
        Assert.Equal(("base", 600L, "1"), (sandbox.Request.TemplateName, sandbox.Request.TimeoutSeconds!.Value, sandbox.Request.EnvVars!["A"]));
        Assert.Equal((sandbox.Id, "running", "base", "True"), (made.Fact("sandbox_id"), made.Fact("status"), made.Fact("template"), made.Fact("internet_access")));
        foreach (var part in new[] { sandbox.Id, "Template base", "(in 10 min)", "Internet access: yes.", "2 CPUs, 2048 MiB memory" })
        {
            Assert.Contains(part, made.Text(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task An_unknown_template_is_refused()
    {
        await using var mcp = await McpHarness.StartAsync(Cloud);

        Assert.Contains("Template not found", (await mcp.CallAsync("sandbox_create", new { template = "windows" }, Stop)).Failed(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_the_service_refuses_is_passed_on()
    {
        await using var mcp = await McpHarness.StartAsync(Cloud);
        var id = (await mcp.CallAsync("sandbox_create", cancellationToken: Stop)).Succeeded().Fact("sandbox_id");

        var text = (await mcp.CallAsync("sandbox_control", new { action = "start", sandbox_id = id }, Stop));
        (await mcp.CallAsync("sandbox_control", new { action = "stop", sandbox_id = id }, Stop)).Succeeded();
        var refused = (await mcp.CallAsync("sandbox_control", new { action = "pause", sandbox_id = id }, Stop)).Failed();

        text.Succeeded();
        Assert.Contains("Sandbox is Stopped", refused, StringComparison.Ordinal);
        Assert.Contains("action info", refused, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Extend_sets_a_lifetime_from_now_on()
    {
        await using var mcp = await McpHarness.StartAsync(Cloud);
        var id = (await mcp.CallAsync("sandbox_create", cancellationToken: Stop)).Succeeded().Fact("sandbox_id");

        var extended = (await mcp.CallAsync("sandbox_control", new { action = "extend", timeout_seconds = 7200, sandbox_id = id }, Stop)).Succeeded();

        Assert.Contains("(in 120 min)", extended.Text(), StringComparison.Ordinal);
        Assert.Contains("only with action extend", (await mcp.CallAsync("sandbox_control", new { action = "info", timeout_seconds = 1, sandbox_id = id }, Stop)).Failed(), StringComparison.Ordinal);
        Assert.Contains("from 1 to 86400", (await mcp.CallAsync("sandbox_control", new { action = "extend", timeout_seconds = 100_000_000, sandbox_id = id }, Stop)).Failed(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_deleted_sandbox_is_gone_for_its_conversation()
    {
        await using var mcp = await McpHarness.StartAsync(Cloud);
        (await mcp.CallAsync("run_code", new { code = "1", conversation = "plan" }, Stop)).Succeeded();

        Assert.Equal("deleted", (await mcp.CallAsync("sandbox_delete", new { conversation = "plan" }, Stop)).Succeeded().Fact("status"));

        Assert.Empty(Cloud.Sandboxes);
        Assert.Contains("has no sandbox yet", (await mcp.CallAsync("list_files", new { conversation = "plan" }, Stop)).Failed(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_list_is_bounded()
    {
        Cloud.MaxPageSize = 4;
        await using var mcp = await McpHarness.StartAsync(Cloud, options => options.MaxListEntries = 10);
        using var client = Cloud.CreateClient();
        for (var i = 0; i < 12; i++)
        {
            await client.Sandboxes.CreateAsync(new() { TemplateName = "base" }, Stop);
        }

        var listed = (await mcp.CallAsync("sandbox_list", cancellationToken: Stop)).Succeeded();

        Assert.Equal(10, listed.StructuredContent!.Value.GetProperty("sandboxes").GetArrayLength());
        Assert.Contains("10 sandboxes (there are more)", listed.Text(), StringComparison.Ordinal);
    }
}
