using Hopx.Client;
using Hopx.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Hopx.Mcp.Tests.Conversations;

public sealed class ConversationTests : CloudTest
{
    private Task<McpHarness> StartAsync(string? home = null) => McpHarness.StartAsync(Cloud, home: home);

    [Fact]
    public async Task A_conversation_keeps_its_sandbox_and_another_gets_its_own()
    {
        await using var mcp = await StartAsync();

        var first = await RunAsync(mcp, "one");
        var second = await RunAsync(mcp, "two");

        Assert.Equal(first, await RunAsync(mcp, "one"));
        Assert.NotEqual(first, second);
        Assert.Equal(2, Cloud.Sandboxes.Count);
    }

    [Fact]
    public async Task The_map_survives_the_server_and_a_change_of_transport()
    {
        var home = Directory.CreateTempSubdirectory("hopx-mcp-tests-");
        try
        {
            string before;
            await using (var mcp = await StartAsync(home.FullName))
            {
                before = await RunAsync(mcp, "plan");
            }

            await using var http = await McpHarness.StartHttpAsync(Cloud, home: home.FullName);
            Assert.Equal(before, await RunAsync(http, "plan"));
        }
        finally
        {
            home.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Without_any_key_a_sandbox_is_made_and_its_id_is_said()
    {
        await using var mcp = await StartAsync();

        var run = (await mcp.CallAsync("run_code", new { code = "1" }, Stop)).Succeeded();

        var id = Assert.Single(Cloud.Sandboxes).Id;
        Assert.Contains($"pass sandbox_id \"{id}\"", run.Text(), StringComparison.Ordinal);
        Assert.Contains($"pass sandbox_id \"{id}\"", run.Fact("note"), StringComparison.Ordinal);
        Assert.Equal(id, run.Fact("sandbox_id"));
    }

    [Theory]
    [InlineData("vscode.conversationId")]
    [InlineData("openai/session")]
    [InlineData("ai.opencode/sessionID")]
    [InlineData("antigravity.google/conversation_id")]
    [InlineData("threadId")]
    public async Task What_clients_send_beside_the_call_names_the_conversation(string key)
    {
        await using var mcp = await StartAsync();

        foreach (var conversation in new[] { "a", "b", "a" })
        {
            var result = await mcp.Client.CallToolAsync(
                new()
                {
                    Name = "run_code",
                    Arguments = new Dictionary<string, System.Text.Json.JsonElement> { ["code"] = System.Text.Json.JsonElement.Parse("\"1\"") },
                    Meta = new() { [key] = conversation },
                },
                Stop);
            result.Succeeded();
        }

        Assert.Equal(2, Cloud.Sandboxes.Count);
    }

    [Fact]
    public async Task The_environment_of_a_stdio_client_names_the_conversation_and_an_argument_wins_over_it()
    {
        await using var mcp = await McpHarness.StartAsync(Cloud, options => options.ConversationVariables = ["NOT_SET_ANYWHERE", "PATH"]);

        var first = (await mcp.CallAsync("run_code", new { code = "1" }, Stop)).Succeeded().Fact("sandbox_id");
        var second = (await mcp.CallAsync("run_code", new { code = "1" }, Stop)).Succeeded().Fact("sandbox_id");

        Assert.Equal(first, second);
        Assert.NotEqual(first, await RunAsync(mcp, "named"));
    }

    [Fact]
    public async Task Two_calls_at_once_make_one_sandbox()
    {
        await using var mcp = await StartAsync();

        var ids = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => RunAsync(mcp, "busy")));

        Assert.Single(ids.Distinct());
        Assert.Single(Cloud.Sandboxes);
    }

    [Fact]
    public async Task Two_servers_on_one_map_make_one_sandbox()
    {
        var home = Directory.CreateTempSubdirectory("hopx-mcp-tests-");
        try
        {
            await using var one = await StartAsync(home.FullName);
            await using var two = await StartAsync(home.FullName);

            // Both must have seen the empty map before either writes to it.
            var bothCreate = new TaskCompletionSource();
            Cloud.Answers.Add(HttpMethod.Post, "/v1/sandboxes", new PlannedAnswer { Until = bothCreate.Task }, times: 2);
            var calls = Task.WhenAll(RunAsync(one, "shared"), RunAsync(two, "shared"));
            await Wait.UntilAsync(() => Cloud.Requests.Count(HttpMethod.Post, "/v1/sandboxes") is 2, Stop);
            bothCreate.SetResult();
            var ids = await calls;

            Assert.Equal(ids[0], ids[1]);
            Assert.Equal(ids[0], Assert.Single(Cloud.Sandboxes).Id);
        }
        finally
        {
            home.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task A_sandbox_that_is_gone_is_replaced_and_the_loss_is_said()
    {
        await using var mcp = await StartAsync();
        var before = await RunAsync(mcp, "plan");
        using var client = Cloud.CreateClient();
        await client.Sandboxes.DeleteAsync(before, Stop);

        var run = (await mcp.CallAsync("run_code", new { code = "1", conversation = "plan" }, Stop)).Succeeded();

        Assert.NotEqual(before, run.Fact("sandbox_id"));
        Assert.Contains($"The earlier sandbox {before} is gone and its files and variables are lost", run.Text(), StringComparison.Ordinal);
        Assert.Equal(run.Fact("sandbox_id"), await RunAsync(mcp, "plan"));
    }

    [Fact]
    public async Task What_only_reads_makes_no_sandbox_and_says_what_to_call()
    {
        await using var mcp = await StartAsync();

        Assert.Contains("run_code", (await mcp.CallAsync("list_files", new { conversation = "new" }, Stop)).Failed(), StringComparison.Ordinal);
        Assert.Contains("Pass sandbox_id", (await mcp.CallAsync("read_file", new { path = "a" }, Stop)).Failed(), StringComparison.Ordinal);
        Assert.Contains("this conversation has none", (await mcp.CallAsync("sandbox_delete", new { conversation = "new" }, Stop)).Failed(), StringComparison.Ordinal);
        Assert.Empty(Cloud.Sandboxes);
    }

    [Fact]
    public async Task A_paused_sandbox_is_woken_and_a_stopped_one_is_left_to_the_model()
    {
        await using var mcp = await StartAsync();
        var id = await RunAsync(mcp, "plan");
        (await mcp.CallAsync("sandbox_control", new { action = "pause", conversation = "plan" }, Stop)).Succeeded();

        var run = (await mcp.CallAsync("run_code", new { code = "1", conversation = "plan" }, Stop)).Succeeded();
        Assert.Contains("was paused and has been resumed", run.Text(), StringComparison.Ordinal);

        (await mcp.CallAsync("sandbox_control", new { action = "stop", sandbox_id = id }, Stop)).Succeeded();
        Assert.Contains("sandbox_control with action start", (await mcp.CallAsync("run_code", new { code = "1", conversation = "plan" }, Stop)).Failed(), StringComparison.Ordinal);
        (await mcp.CallAsync("sandbox_control", new { action = "start", sandbox_id = id }, Stop)).Succeeded();
        Assert.Equal(id, await RunAsync(mcp, "plan"));
    }

    [Fact]
    public async Task A_sandbox_paused_behind_the_server_s_back_is_woken_and_the_code_runs_once()
    {
        var runs = 0;
        Cloud.OnExecute(_ =>
        {
            runs++;
            return new ExecutionResult { Success = true };
        });
        await using var mcp = await StartAsync();
        var id = await RunAsync(mcp, "plan");
        using var client = Cloud.CreateClient();
        await client.Sandboxes.PauseAsync(id, Stop);

        Assert.Equal(id, await RunAsync(mcp, "plan"));
        Assert.Equal(2, runs);
    }

    [Fact]
    public async Task A_sandbox_made_on_request_becomes_the_conversation_s()
    {
        await using var mcp = await StartAsync();
        await RunAsync(mcp, "plan");

        var made = (await mcp.CallAsync("sandbox_create", new { template = "base", conversation = "plan" }, Stop)).Succeeded().Fact("sandbox_id");

        Assert.Equal(made, await RunAsync(mcp, "plan"));
        var listed = (await mcp.CallAsync("sandbox_list", new { conversation = "plan" }, Stop)).Succeeded();
        Assert.Contains($"{made} running, template base", listed.Text(), StringComparison.Ordinal);
        Assert.Single(listed.StructuredContent!.Value.GetProperty("sandboxes").EnumerateArray(), sandbox => sandbox.TryGetProperty("current", out _));
    }

    [Fact]
    public async Task A_used_sandbox_lives_on_unless_its_lifetime_was_chosen()
    {
        var time = new FakeTimeProvider(DateTimeOffset.UnixEpoch.AddYears(56));
        await using var cloud = await FakeHopxCloud.StartAsync(time, Stop);
        await using var mcp = await McpHarness.StartAsync(cloud, time: time);
        var slides = await RunAsync(mcp, "plan");
        var chosen = (await mcp.CallAsync("sandbox_create", new { timeout_seconds = 3600 }, Stop)).Succeeded().Fact("sandbox_id")!;

        time.Advance(TimeSpan.FromMinutes(20));
        await RunAsync(mcp, "plan");
        Assert.Equal(0, cloud.Requests.Count(HttpMethod.Put, "/v1/sandboxes/*/timeout"));
        time.Advance(TimeSpan.FromMinutes(20));
        await RunAsync(mcp, "plan");
        (await mcp.CallAsync("run_code", new { code = "1", sandbox_id = chosen }, Stop)).Succeeded();

        Assert.Equal(time.GetUtcNow().AddHours(1), cloud.Find(slides)!.ExpiresAt);
        Assert.Equal(time.GetUtcNow().AddMinutes(20), cloud.Find(chosen)!.ExpiresAt);
    }

    [Fact]
    public async Task A_map_that_cannot_be_written_is_told_and_leaves_no_sandbox()
    {
        var home = Directory.CreateTempSubdirectory("hopx-mcp-tests-");
        try
        {
            Directory.CreateDirectory(Path.Combine(home.FullName, "mcp.db"));
            await using var mcp = await StartAsync(home.FullName);

            Assert.Contains("Set HOPX_HOME", (await mcp.CallAsync("run_code", new { code = "1", conversation = "plan" }, Stop)).Failed(), StringComparison.Ordinal);
            Assert.Empty(Cloud.Sandboxes);
            (await mcp.CallAsync("run_code", new { code = "1" }, Stop)).Succeeded();
        }
        finally
        {
            home.Delete(recursive: true);
        }
    }

    [Fact]
    public async Task Nothing_is_stored_or_asked_before_a_tool_is_called()
    {
        await using var mcp = await StartAsync();

        await mcp.Client.ListToolsAsync(cancellationToken: Stop);
        await mcp.Client.ListPromptsAsync(cancellationToken: Stop);

        Assert.Empty(Directory.GetFileSystemEntries(mcp.Home));
        Assert.Empty(Cloud.Requests.All);
    }

    [Theory]
    [InlineData(".")]
    [InlineData("..")]
    [InlineData("a/b")]
    [InlineData("../templates/base")]
    [InlineData("?limit=1")]
    public async Task An_id_that_is_none_is_not_found_and_goes_nowhere(string id)
    {
        await using var mcp = await StartAsync();

        Assert.StartsWith($"Sandbox '{id}' not found.", (await mcp.CallAsync("sandbox_delete", new { sandbox_id = id }, Stop)).Failed(), StringComparison.Ordinal);
        Assert.Empty(Cloud.Requests.All);
    }

    private static async Task<string> RunAsync(McpHarness mcp, string conversation) =>
        (await mcp.CallAsync("run_code", new { code = "1", conversation }, Stop)).Succeeded().Fact("sandbox_id")!;
}
