using Hopx.Testing;
using ModelContextProtocol.Protocol;

namespace Hopx.Mcp.Tests.Tools;

/// <summary>A service that has only the plain routes of HopX, as the cloud has.</summary>
public sealed class PlainServiceTests : CloudTest, IAsyncLifetime
{
    private const string Conversation = "plan";

    private McpHarness _mcp = null!;

    async ValueTask IAsyncLifetime.InitializeAsync()
    {
        await InitializeAsync();
        foreach (var route in new[] { "mouse/click", "mouse/move", "mouse/drag", "mouse/scroll", "keyboard/type", "keyboard/press", "keyboard/combination" })
        {
            Cloud.Answers.Add(HttpMethod.Post, $"/desktop/{route}", PlannedAnswer.Json("""{"success":true}"""), times: 100);
        }

        Cloud.Answers.Add(HttpMethod.Get, "/desktop/display", PlannedAnswer.Json("""{"width":1024,"height":768}"""), times: 100);
        Cloud.Answers.Add(HttpMethod.Get, "/desktop/windows", PlannedAnswer.Json("""{"windows":[{"id":3,"title":"Terminal","is_active":true}]}"""), times: 100);
        Cloud.Answers.Add(HttpMethod.Get, "/desktop/screenshot", Picture(1024, 768), times: 100);
        _mcp = await McpHarness.StartAsync(Cloud, options => options.Toolsets = ["default", "desktop"]);
        (await CallAsync("screenshot", new { conversation = Conversation })).Succeeded();
    }

    async ValueTask IAsyncDisposable.DisposeAsync()
    {
        await _mcp.DisposeAsync();
        await DisposeAsync();
    }

    [Fact]
    public async Task The_screen_is_shown_and_what_cannot_be_told_is_left_open()
    {
        var clicked = (await CallAsync("computer", new { action = "left_click", coordinate = new[] { 5, 6 }, conversation = Conversation })).Succeeded();

        Assert.StartsWith("Done: left_click at 5,6. This service tells neither what changed", clicked.Text(), StringComparison.Ordinal);
        Assert.Contains("Active window: \"Terminal\" (window_id 3).", clicked.Text(), StringComparison.Ordinal);
        Assert.DoesNotContain("Pointer", clicked.Text(), StringComparison.Ordinal);
        Assert.Contains("1024x768, the whole screen at scale 1", clicked.Text(), StringComparison.Ordinal);
        Assert.IsType<ImageContentBlock>(clicked.Content[1]);
        // It is asked for the better route once.
        Assert.Equal(1, Cloud.Requests.Count(HttpMethod.Post, "/desktop/act"));
    }

    [Fact]
    public async Task Actions_go_by_the_plain_routes()
    {
        object[] actions =
        [
            new { action = "mouse_move", coordinate = new[] { 1, 2 } },
            new { action = "double_click", coordinate = new[] { 3, 4 } },
            new { action = "left_click_drag", start_coordinate = new[] { 5, 6 }, coordinate = new[] { 7, 8 } },
            new { action = "scroll", coordinate = new[] { 9, 9 }, scroll_direction = "up", scroll_amount = 2 },
            new { action = "type", text = "é" },
            new { action = "key", text = "ctrl+shift+t Return" },
        ];

        (await CallAsync("computer", new { actions, conversation = Conversation })).Succeeded();

        Assert.Equal(
            [
                """mouse/move {"x":1,"y":2}""", """mouse/click {"x":3,"y":4,"button":"left","clicks":2}""", """mouse/drag {"from_x":5,"from_y":6,"to_x":7,"to_y":8,"button":"left"}""",
                """mouse/move {"x":9,"y":9}""", """mouse/scroll {"amount":2,"direction":"up"}""", """keyboard/type {"text":"\u00E9"}""",
                """keyboard/combination {"key":"t","modifiers":["ctrl","shift"]}""", """keyboard/press {"key":"Return"}""",
            ],
            Cloud.Requests.All.Where(request => request.Method is "POST" && (request.Path.StartsWith("/desktop/mouse", StringComparison.Ordinal) || request.Path.StartsWith("/desktop/key", StringComparison.Ordinal)))
                .Select(request => $"{request.Path["/desktop/".Length..]} {request.BodyText}"));
    }

    [Fact]
    public async Task What_the_routes_cannot_do_is_refused()
    {
        Assert.Contains("This service cannot hold keys during mouse actions", (await CallAsync("computer", new { action = "left_click", coordinate = new[] { 1, 1 }, text = "ctrl", conversation = Conversation })).Failed(), StringComparison.Ordinal);
        Assert.Contains("This service cannot do mouse_down", (await CallAsync("computer", new { action = "left_mouse_down", conversation = Conversation })).Failed(), StringComparison.Ordinal);
        var partly = (await CallAsync("computer", new { actions = new object[] { new { action = "key", text = "a" }, new { action = "hold_key", text = "a", duration = 1 } }, conversation = Conversation })).Succeeded();
        Assert.StartsWith("Refused: action 2 of 2, hold_key a. This service cannot do hold_key.", partly.Text(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_region_is_a_part_of_the_screen()
    {
        Cloud.Answers.Add(HttpMethod.Post, "/desktop/screenshot/region", Picture(100, 50));

        var zoom = (await CallAsync("screenshot", new { region = new[] { 10, 20, 110, 70 }, conversation = Conversation })).Succeeded();

        Assert.Contains("100x50, a part of the screen at scale 1 (native pixels)", zoom.Text(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_screen_of_another_size_than_the_picture_is_noticed()
    {
        Cloud.Answers.Clear();
        Cloud.Answers.Add(HttpMethod.Get, "/desktop/display", PlannedAnswer.Json("""{"width":800,"height":600}"""));

        Assert.Contains("The screen is 800x600 by now, not 1024x768", (await CallAsync("computer", new { action = "left_click", coordinate = new[] { 1, 1 }, conversation = Conversation })).Failed(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_picture_that_is_too_large_is_not_sent_on()
    {
        Cloud.Answers.Clear();
        Cloud.Answers.Add(HttpMethod.Get, "/desktop/display", PlannedAnswer.Json("""{"width":1024,"height":768}"""));
        Cloud.Answers.Add(HttpMethod.Get, "/desktop/screenshot", Picture(1024, 768, length: 800_000));

        Assert.Contains("at most 716800 can be shown", (await CallAsync("screenshot", new { conversation = Conversation })).Failed(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Programs_and_elements_are_refused_with_another_way()
    {
        Assert.Contains("Use run_command, with DISPLAY set", (await CallAsync("launch", new { program = "xterm", conversation = Conversation })).Failed(), StringComparison.Ordinal);
        Assert.Contains("Look for text.", (await CallAsync("find_on_screen", new { role = "button", conversation = Conversation })).Failed(), StringComparison.Ordinal);
    }

    private static PlannedAnswer Picture(int width, int height, int length = 64) =>
        PlannedAnswer.Json($$"""{"image":"{{Convert.ToBase64String(TestPictures.Png(width, height, length))}}","format":"png"}""");

    private Task<CallToolResult> CallAsync(string tool, object arguments) => _mcp.CallAsync(tool, arguments, Stop);
}
