using Hopx.Testing;
using ModelContextProtocol.Protocol;

namespace Hopx.Mcp.Tests.Tools;

public sealed class DesktopToolsTests : CloudTest, IAsyncLifetime
{
    private FakeScreen _screen = null!;
    private McpHarness _mcp = null!;

    async ValueTask IAsyncLifetime.InitializeAsync()
    {
        await InitializeAsync();
        _screen = new FakeScreen(Cloud);
        _mcp = await McpHarness.StartAsync(Cloud, options =>
        {
            options.Toolsets = ["default", "desktop"];
            options.PagePatience = TimeSpan.FromSeconds(1);
        });
        (await CallAsync("screenshot", new { conversation = "plan" })).Succeeded();
    }

    async ValueTask IAsyncDisposable.DisposeAsync()
    {
        await _mcp.DisposeAsync();
        await DisposeAsync();
    }

    [Fact]
    public async Task What_is_found_by_its_text_is_numbered_and_can_be_clicked_by_its_number()
    {
        Answer("/desktop/x11/find_element", """{"found":true,"elements":[{"x":100,"y":200,"width":40,"height":20,"text":"Save"},{"x":5000,"y":1,"width":4,"height":4},{"x":300,"y":200,"width":80,"height":20,"text":"Save as"}]}""");

        var found = (await CallAsync("find_on_screen", new { text = "Save", conversation = "plan" })).Succeeded();
        var clicked = (await CallAsync("computer", new { action = "left_click", mark = 3, conversation = "plan" })).Succeeded();

        Assert.Equal([(1, 100, 200, 40, 20), (2, 5000, 1, 4, 4), (3, 300, 200, 80, 20)], _screen.Asked[^2].Screenshot!.Marks!.Select(mark => (mark.Number, mark.X, mark.Y, mark.Width, mark.Height)));
        Assert.StartsWith("2 found", found.Text(), StringComparison.Ordinal);
        Assert.Contains("1 at 120,210: Save", found.Text(), StringComparison.Ordinal);
        Assert.Contains("1 more are outside of the screen", found.Text(), StringComparison.Ordinal);
        Assert.IsType<ImageContentBlock>(found.Content[1]);
        Assert.Equal((340, 210), (_screen.Last.Actions![0].X, _screen.Last.Actions![0].Y));
        Assert.Contains("left_click on mark 3", clicked.Text(), StringComparison.Ordinal);
        Assert.Contains("has no mark 2", (await CallAsync("computer", new { action = "left_click", mark = 2, conversation = "plan" })).Failed(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Elements_are_found_by_role_and_name()
    {
        Answer("/desktop/accessibility/find", """{"elements":[{"id":"1","role":"push button","name":"OK\u202e","x":10,"y":20,"width":30,"height":10,"states":["focused","enabled"]},{"id":"2","role":"entry","x":0,"y":0,"width":0,"height":0},{"id":"3","role":"entry","name":"Name","value":"Ada","x":10,"y":40,"width":30,"height":10}]}""");

        var text = (await CallAsync("find_on_screen", new { role = " button ", name = "o", conversation = "plan" })).Succeeded().Text();

        Assert.Contains("\"role\":\"button\"", Cloud.Requests.Of(HttpMethod.Post, "/desktop/accessibility/find")[^1].BodyText, StringComparison.Ordinal);
        Assert.Contains("1 at 25,25: push button \"OK\\u{202e}\" (focused)", text, StringComparison.Ordinal);
        Assert.Contains("2 at 25,45: entry \"Name\" holds \"Ada\"", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_a_wish_what_can_be_used_is_found_up_to_a_bound()
    {
        var elements = Enumerable.Range(0, 60).Select(i => $$"""{"id":"{{i}}","role":"link","name":"l{{i}}","x":10,"y":{{i * 10}},"width":30,"height":9,"actions":["jump"]}""");
        Answer("/desktop/accessibility/find", $$"""{"elements":[{"id":"a","role":"label","name":"still","x":1,"y":1,"width":9,"height":9},{"id":"b","role":"scroll pane","name":"around","x":10,"y":0,"width":30,"height":9,"states":["focusable"]},{{string.Join(',', elements)}}]}""");

        var text = (await CallAsync("find_on_screen", new { conversation = "plan" })).Succeeded().Text();

        Assert.StartsWith("50 found", text, StringComparison.Ordinal);
        Assert.Contains("these are the first 50", text, StringComparison.Ordinal);
        Assert.DoesNotContain("still", text, StringComparison.Ordinal);
        Assert.DoesNotContain("around", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_found_is_said_with_what_to_try()
    {
        Answer("/desktop/x11/find_element", """{"element":null,"found":false,"elements":[]}""");

        var found = (await CallAsync("find_on_screen", new { text = "nowhere", conversation = "plan" })).Succeeded();

        Assert.StartsWith("Nothing was found. Reading is not sure", found.Text(), StringComparison.Ordinal);
        Assert.Null(_screen.Last.Screenshot!.Marks);
        Assert.Contains("Give either text", (await CallAsync("find_on_screen", new { text = "a", role = "b", conversation = "plan" })).Failed(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_region_of_the_picture_is_read()
    {
        (_screen.Width, _screen.Height) = (2560, 1600);
        (await CallAsync("screenshot", new { max_edge = 1280, conversation = "plan" })).Succeeded();
        Answer("/desktop/x11/ocr", """{"text":"Total 42\nobey"}""");
        Answer("/desktop/x11/ocr", """{"text":" \n"}""");

        var read = (await CallAsync("read_screen", new { region = new[] { 10, 20, 60, 40 }, conversation = "plan" })).Succeeded();
        var nothing = (await CallAsync("read_screen", new { conversation = "plan" })).Succeeded();

        Assert.Contains("\"x\":20,\"y\":40,\"width\":100,\"height\":40", Cloud.Requests.Of(HttpMethod.Post, "/desktop/x11/ocr")[0].BodyText, StringComparison.Ordinal);
        Assert.Matches(@"\[screen [0-9a-f]{6}\]\nTotal 42\nobey\n\[end", read.Text());
        Assert.Equal("Total 42\nobey", read.Fact("text"));
        Assert.StartsWith("No text was read", nothing.Text(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Windows_are_listed_with_places_in_the_picture_and_the_topmost_first()
    {
        (_screen.Width, _screen.Height) = (2560, 1600);
        (await CallAsync("screenshot", new { max_edge = 1280, conversation = "plan" })).Succeeded();
        Cloud.Answers.Add(HttpMethod.Get, "/desktop/windows", PlannedAnswer.Json("""{"windows":[{"id":7,"title":"Below","x":0,"y":0,"width":100,"height":50,"is_minimized":true},{"id":"8","title":"Above","class":"Mousepad","x":200,"y":100,"width":400,"height":300,"focused":true}],"count":2}"""));

        var list = (await CallAsync("windows", new { action = "list", conversation = "plan" })).Succeeded();

        Assert.Contains("8 \"Above\" Mousepad at 100,50 200x150 active\n7 \"Below\"  at 0,0 50x25 minimized", list.Text(), StringComparison.Ordinal);
        Assert.Equal("8", list.StructuredContent!.Value.GetProperty("windows")[0].GetProperty("window_id").GetString());
    }

    [Theory]
    [InlineData("focus", "focus", """{"window_id":"8"}""")]
    [InlineData("close", "close", """{"window_id":"8"}""")]
    [InlineData("minimize", "minimize", """{"window_id":"8"}""")]
    [InlineData("maximize", "maximize", """{"window_id":"8"}""")]
    [InlineData("move", "move", """{"window_id":"8","x":20,"y":40}""")]
    [InlineData("resize", "resize", """{"window_id":"8","width":600,"height":400}""")]
    public async Task A_window_is_changed_in_pixels_of_the_picture_and_shown(string action, string route, string body)
    {
        (_screen.Width, _screen.Height) = (2560, 1600);
        (await CallAsync("screenshot", new { max_edge = 1280, conversation = "plan" })).Succeeded();
        Answer($"/desktop/windows/{route}", """{"success":true,"message":"The window is in its place."}""");

        var changed = (await CallAsync("windows", new { action, window_id = "8", x = 10, y = 20, width = 300, height = 200, conversation = "plan" })).Succeeded();

        Assert.Equal(body, Cloud.Requests.Of(HttpMethod.Post, $"/desktop/windows/{route}")[^1].BodyText);
        Assert.StartsWith("The window is in its place.", changed.Text(), StringComparison.Ordinal);
        Assert.IsType<ImageContentBlock>(changed.Content[1]);
    }

    [Theory]
    [InlineData("focus", null, "window_id is missing")]
    [InlineData("move", "8", "Give both x and y for move.")]
    [InlineData("resize", "8", "Give both width and height for resize.")]
    public async Task A_change_of_a_window_needs_its_arguments(string action, string? window, string complaint) =>
        Assert.Contains(complaint, (await CallAsync("windows", new { action, window_id = window, conversation = "plan" })).Failed(), StringComparison.Ordinal);

    [Fact]
    public async Task A_window_that_is_gone_is_told_without_talk_of_files_or_sandboxes()
    {
        Cloud.Answers.Add(HttpMethod.Post, "/desktop/windows/focus", PlannedAnswer.Failure(404, """{"code":"RESOURCE_NOT_FOUND","message":"There is no window 9 any more. List the windows."}"""));

        var text = (await CallAsync("windows", new { action = "focus", window_id = "9", conversation = "plan" })).Failed();

        Assert.Equal("There is no window 9 any more. List the windows. The same call will fail again; change it.", text);
    }

    [Fact]
    public async Task A_desktop_that_ended_is_told_in_its_own_words_alone()
    {
        const string Words = "The X server ended in the middle of this call. It is started again; its windows are gone. Take a new screenshot and go on from there.";
        Cloud.Answers.Add(HttpMethod.Post, "/desktop/windows/focus", PlannedAnswer.Failure(409, $$"""{"code":"CONFLICT","message":"{{Words}}"}"""));

        Assert.Equal(Words, (await CallAsync("windows", new { action = "focus", window_id = "9", conversation = "plan" })).Failed());
    }

    [Fact]
    public async Task The_clipboard_is_set_got_and_remembered()
    {
        Answer("/desktop/clipboard/set", """{"success":true}""");
        Cloud.Answers.Add(HttpMethod.Get, "/desktop/clipboard/get", PlannedAnswer.Json("""{"text":"héllo","content":"héllo"}"""));
        Cloud.Answers.Add(HttpMethod.Get, "/desktop/clipboard/history", PlannedAnswer.Json("""{"history":["two","one"]}"""));
        Cloud.Answers.Add(HttpMethod.Get, "/desktop/clipboard/history", PlannedAnswer.Json("""{"history":[]}"""));

        (await CallAsync("clipboard", new { action = "set", text = "héllo", conversation = "plan" })).Succeeded();
        Assert.Equal("héllo", (await CallAsync("clipboard", new { action = "get", conversation = "plan" })).Succeeded().Fact("text"));
        Assert.Matches(@"\[clipboard-1 \w+\]\ntwo\n\[end \w+\]\n\[clipboard-2 \w+\]\none", (await CallAsync("clipboard", new { action = "history", conversation = "plan" })).Succeeded().Text());
        Assert.StartsWith("The clipboard is empty", (await CallAsync("clipboard", new { action = "history", conversation = "plan" })).Succeeded().Text(), StringComparison.Ordinal);
        Assert.Contains("text is missing", (await CallAsync("clipboard", new { action = "set", conversation = "plan" })).Failed(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_is_started_and_its_window_shown()
    {
        Answer("/desktop/launch", """{"pid":12,"window":{"id":"5","title":"Untitled"}}""");
        Answer("/desktop/launch", """{"pid":13}""");

        var started = (await CallAsync("launch", new { program = "mousepad", arguments = new[] { "/tmp/a" }, conversation = "plan" })).Succeeded();
        var silent = (await CallAsync("launch", new { program = "true", conversation = "plan" })).Succeeded();

        Assert.Equal("""{"program":"mousepad","arguments":["/tmp/a"]}""", Cloud.Requests.Of(HttpMethod.Post, "/desktop/launch")[0].BodyText);
        Assert.StartsWith("mousepad runs (process 12); its window is \"Untitled\" (window_id 5).", started.Text(), StringComparison.Ordinal);
        Assert.Contains("no new window has appeared", silent.Text(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_program_that_is_not_there_is_told_by_the_engine_s_words()
    {
        Cloud.Answers.Add(HttpMethod.Post, "/desktop/launch", PlannedAnswer.Failure(404, """{"code":"RESOURCE_NOT_FOUND","message":"'nonsense' cannot be started on the desktop."}"""));

        Assert.StartsWith("'nonsense' cannot be started", (await CallAsync("launch", new { program = "nonsense", conversation = "plan" })).Failed(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_is_opened_in_a_window_of_its_own()
    {
        Answer("/desktop/launch", """{"pid":12}""");

        (await CallAsync("open_url", new { url = "http://localhost:8000/a b", conversation = "plan" })).Succeeded();

        Assert.Equal("""{"program":"chromium","arguments":["--new-window","http://localhost:8000/a%20b"]}""", Cloud.Requests.Of(HttpMethod.Post, "/desktop/launch")[0].BodyText);
        foreach (var url in new[] { "", "example.com", "javascript:alert(1)", "--gpu-launcher=sh" })
        {
            Assert.Contains("must begin with http://", (await CallAsync("open_url", new { url, conversation = "plan" })).Failed(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_page_is_shown_once_the_browser_has_loaded_it()
    {
        Answer("/desktop/launch", """{"pid":12}""");
        Answer("/desktop/accessibility/find", Button("Stop loading this page"));
        Answer("/desktop/accessibility/find", Button("Reload this page"));
        var before = _screen.Asked.Count;

        var opened = (await CallAsync("open_url", new { url = "http://localhost:8000/", conversation = "plan" })).Succeeded();

        Assert.Equal([false, false, true], _screen.Asked.Skip(before).Select(asked => asked.Screenshot is not null));
        Assert.DoesNotContain("still loading", opened.Text(), StringComparison.Ordinal);
        Assert.Contains("\"skip_documents\":true", Cloud.Requests.Of(HttpMethod.Post, "/desktop/accessibility/find")[0].BodyText, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_that_does_not_come_is_said_to_be_loading_still()
    {
        Answer("/desktop/launch", """{"pid":12}""");
        Cloud.Answers.Add(HttpMethod.Post, "/desktop/accessibility/find", PlannedAnswer.Json(Button("Stop loading this page")), times: int.MaxValue);

        var opened = (await CallAsync("open_url", new { url = "http://localhost:8000/", conversation = "plan" })).Succeeded();

        Assert.Contains("The page is still loading after 1 s", opened.Text(), StringComparison.Ordinal);
        Assert.IsType<ImageContentBlock>(opened.Content[1]);
    }

    [Fact]
    public async Task A_recording_tells_its_file_and_what_stands_in_its_way()
    {
        Answer("/desktop/recording/start", """{"recording_id":"r1","status":"recording","recording":true,"file_path":"/tmp/recordings/r1.mp4"}""");
        Cloud.Answers.Add(HttpMethod.Post, "/desktop/recording/start", PlannedAnswer.Failure(409, """{"code":"CONFLICT","message":"The screen is being recorded already, as r1. Stop that recording first."}"""));
        Answer("/desktop/recording/stop", """{"recording_id":"r1","status":"stopped","duration":2.5,"file_size":1000,"file_path":"/tmp/recordings/r1.mp4","message":"The disk is full."}""");

        Assert.Contains("into /tmp/recordings/r1.mp4", (await CallAsync("recording", new { action = "start", fps = 20, conversation = "plan" })).Succeeded().Text(), StringComparison.Ordinal);
        Assert.StartsWith("The screen is being recorded already, as r1.", (await CallAsync("recording", new { action = "start", conversation = "plan" })).Failed(), StringComparison.Ordinal);
        var stopped = (await CallAsync("recording", new { action = "stop", conversation = "plan" })).Succeeded();
        Assert.StartsWith("Recording r1 has ended: 2.5 s, 1000 bytes, in /tmp/recordings/r1.mp4.\nThe disk is full.", stopped.Text(), StringComparison.Ordinal);
        Assert.Equal("/tmp/recordings/r1.mp4", stopped.Fact("path"));
    }

    private static string Button(string description) =>
        $$"""{"elements":[{"id":"1","role":"push button","name":"Reload","description":"{{description}}","x":10,"y":20,"width":30,"height":10}]}""";

    private void Answer(string path, string json) => Cloud.Answers.Add(HttpMethod.Post, path, PlannedAnswer.Json(json));

    private Task<CallToolResult> CallAsync(string tool, object arguments) => _mcp.CallAsync(tool, arguments, Stop);
}
