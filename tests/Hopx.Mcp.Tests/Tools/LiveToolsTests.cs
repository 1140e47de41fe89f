using Hopx.Testing;

namespace Hopx.Mcp.Tests.Tools;

public sealed class LiveToolsTests : CloudTest
{
    private const string Free = """{"taken":false}""";
    private const string Taken = """{"taken":true,"holder":"A person at the live view","since":"2026-11-28T12:00:00Z","expires_at":"2026-11-28T12:10:00Z"}""";
    private const string Returned =
        """{"taken":false,"last":{"id":"t1","holder":"A person","since":"2026-11-28T12:00:00Z","ended_at":"2026-11-28T12:01:00Z","ending":"released","summary":"A person had control of the desktop for 1 min 0 s and gave it back."}}""";

    [Fact]
    public async Task A_service_without_a_live_view_says_so()
    {
        await using var mcp = await StartAsync();

        var view = (await mcp.CallAsync("desktop_view", new { conversation = "c" }, Stop)).Failed();
        var ask = (await mcp.CallAsync("desktop_take_over", new { conversation = "c", action = "ask" }, Stop)).Failed();

        Assert.Contains("has no live view and no take-over", view, StringComparison.Ordinal);
        Assert.Equal(view, ask);
    }

    [Fact]
    public async Task Somebody_else_s_sandbox_is_not_shown()
    {
        await using var mcp = await StartAsync();
        using var other = Cloud.CreateClient(options => options.ApiKey = Cloud.AddApiKey(organizationId: 2));
        var id = (await other.Sandboxes.CreateAsync(new() { TemplateName = "base", TimeoutSeconds = 600 }, Stop)).Id;

        Assert.Contains("not found", (await mcp.CallAsync("desktop_view", new { sandbox_id = id }, Stop)).Failed(), StringComparison.Ordinal);
        Assert.Contains("not found", (await mcp.CallAsync("desktop_take_over", new { sandbox_id = id, action = "ask" }, Stop)).Failed(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("wait")]
    [InlineData("cancel")]
    public async Task A_reason_goes_only_with_asking(string action)
    {
        await using var mcp = await StartAsync();

        Assert.Contains("only with action ask", (await mcp.CallAsync("desktop_take_over", new { conversation = "c", action, reason = "x" }, Stop)).Failed(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reason_that_nobody_would_read_is_refused()
    {
        await using var mcp = await StartAsync();

        Assert.Contains("501 characters", (await mcp.CallAsync("desktop_take_over", new { conversation = "c", action = "ask", reason = new string('x', 501) }, Stop)).Failed(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_link_carries_its_ticket_where_no_server_sees_it()
    {
        await using var mcp = await StartAsync();
        Plan(HttpMethod.Get, "/desktop/control", Free);

        var view = (await mcp.CallAsync("desktop_view", new { conversation = "c" }, Stop)).Succeeded();

        Assert.Matches("^http://127[.]0[.]0[.]1:[0-9]+/live/#[A-Za-z0-9_-]{43}$", view.Fact("link")!);
        Assert.Contains(view.Fact("link")!, view.Text(), StringComparison.Ordinal);
        Assert.Equal("view", view.Fact("status"));
    }

    [Fact]
    public async Task A_link_has_the_address_that_was_set()
    {
        await using var mcp = await StartAsync("https://hopx.example.com/ignored");
        Plan(HttpMethod.Get, "/desktop/control", Free);

        Assert.StartsWith("https://hopx.example.com/live/#", (await mcp.CallAsync("desktop_view", new { conversation = "c" }, Stop)).Succeeded().Fact("link"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Waiting_tells_who_has_control_and_at_last_what_changed()
    {
        await using var mcp = await StartAsync();
        Plan(HttpMethod.Get, "/desktop/control", Free);
        Plan(HttpMethod.Post, "/desktop/control/wait", Free);
        Plan(HttpMethod.Post, "/desktop/control/wait", Taken);
        Plan(HttpMethod.Post, "/desktop/control/wait", Returned);

        (await mcp.CallAsync("desktop_take_over", new { conversation = "c", action = "ask", reason = "Log in." }, Stop)).Succeeded();
        var waiting = (await mcp.CallAsync("desktop_take_over", new { conversation = "c", action = "wait" }, Stop)).Succeeded();
        var taken = (await mcp.CallAsync("desktop_take_over", new { conversation = "c", action = "wait" }, Stop)).Succeeded();
        var returned = (await mcp.CallAsync("desktop_take_over", new { conversation = "c", action = "wait" }, Stop)).Succeeded();

        Assert.Equal(("waiting", "taken", "returned"), (waiting.Fact("status"), taken.Fact("status"), returned.Fact("status")));
        Assert.Contains("has control since 12:00:00 UTC, until 12:10:00 UTC", taken.Text(), StringComparison.Ordinal);
        Assert.Contains("gave it back", returned.Text(), StringComparison.Ordinal);
        Assert.Equal(returned.Text(), returned.Fact("changes"));
    }

    [Fact]
    public async Task A_withdrawn_link_is_told()
    {
        await using var mcp = await StartAsync();
        Plan(HttpMethod.Get, "/desktop/control", Free);
        (await mcp.CallAsync("desktop_take_over", new { conversation = "c", action = "ask" }, Stop)).Succeeded();
        Plan(HttpMethod.Get, "/desktop/control", Free);
        Plan(HttpMethod.Get, "/desktop/control", Taken);

        var first = (await mcp.CallAsync("desktop_take_over", new { conversation = "c", action = "cancel" }, Stop)).Succeeded();
        var second = (await mcp.CallAsync("desktop_take_over", new { conversation = "c", action = "cancel" }, Stop)).Succeeded();

        Assert.Equal("The link is withdrawn. You have mouse and keyboard.", first.Text());
        Assert.StartsWith("There was no unused link. A person at the live view has control", second.Text(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Watching_is_offered_by_a_read_only_server_and_taking_over_is_not()
    {
        await using var mcp = await McpHarness.StartAsync(Cloud, options =>
        {
            options.Toolsets = ["desktop"];
            options.ReadOnly = true;
        });

        var tools = (await mcp.Client.ListToolsAsync(cancellationToken: Stop)).Select(tool => tool.Name).ToList();

        Assert.Contains("desktop_view", tools);
        Assert.DoesNotContain("desktop_take_over", tools);
    }

    private async Task<McpHarness> StartAsync(string? url = null)
    {
        var mcp = await McpHarness.StartAsync(Cloud, options =>
        {
            options.Toolsets = ["default", "desktop"];
            options.LiveViewUrl = url is null ? null : new Uri(url);
        });
        (await mcp.CallAsync("run_code", new { conversation = "c", code = "1" }, Stop)).Succeeded();
        return mcp;
    }

    private void Plan(HttpMethod method, string path, string json) => Cloud.Answers.Add(method, path, PlannedAnswer.Json(json));
}
