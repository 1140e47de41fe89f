namespace Hopx.Mcp.Tests.Hosting;

public sealed class CallerTests : CloudTest
{
    [Theory]
    [InlineData("2026-07-28")]
    [InlineData("2025-11-25")]
    public async Task Each_caller_has_its_own_sandboxes_and_a_foreign_one_answers_like_a_missing_one(string version)
    {
        await using var mcp = await McpHarness.StartHttpAsync(Cloud, apiKey: Cloud.ApiKey, version: version);
        var other = await mcp.ConnectAsync(apiKey: Cloud.AddApiKey(organizationId: 2), version: version);
        var mine = (await mcp.CallAsync("sandbox_create", cancellationToken: Stop)).Succeeded().Fact("sandbox_id")!;

        foreach (var tool in new[] { "run_command", "sandbox_delete" })
        {
            var arguments = new Dictionary<string, object?> { ["sandbox_id"] = mine };
            if (tool is "run_command")
            {
                arguments["command"] = "id";
            }

            var foreign = (await McpHarness.CallAsync(other, tool, arguments, Stop)).Failed();
            arguments["sandbox_id"] = "17690000missing";
            var missing = (await McpHarness.CallAsync(other, tool, arguments, Stop)).Failed();
            Assert.Equal(missing, foreign.Replace(mine, "17690000missing", StringComparison.Ordinal));
        }

        Assert.Single(Cloud.Sandboxes);
    }

    [Fact]
    public async Task One_conversation_name_means_two_sandboxes_for_two_callers()
    {
        await using var mcp = await McpHarness.StartHttpAsync(Cloud, apiKey: Cloud.ApiKey);
        var other = await mcp.ConnectAsync(apiKey: Cloud.AddApiKey(organizationId: 2));

        var first = (await mcp.CallAsync("run_code", new { code = "1", conversation = "plan" }, Stop)).Succeeded().Fact("sandbox_id");
        var second = (await McpHarness.CallAsync(other, "run_code", new { code = "1", conversation = "plan" }, Stop)).Succeeded().Fact("sandbox_id");

        Assert.NotEqual(first, second);
    }

    [Fact]
    public async Task A_wrong_key_is_told_so_without_the_key()
    {
        await using var mcp = await McpHarness.StartHttpAsync(Cloud, apiKey: "hopx_live_wrongwrong12.secretsecret");

        var text = (await mcp.CallAsync("sandbox_list", cancellationToken: Stop)).Failed();

        Assert.Contains("valid API key", text, StringComparison.Ordinal);
        Assert.DoesNotContain("secretsecret", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_number_of_kept_connections_is_bounded()
    {
        await using var mcp = await McpHarness.StartHttpAsync(Cloud, options => options.MaxCallers = 2);

        for (var i = 0; i < 5; i++)
        {
            var client = await mcp.ConnectAsync(apiKey: Cloud.AddApiKey(organizationId: 10 + i));
            (await McpHarness.CallAsync(client, "sandbox_create", cancellationToken: Stop)).Succeeded();
        }

        Assert.Equal(5, Cloud.Sandboxes.Count);
    }
}
