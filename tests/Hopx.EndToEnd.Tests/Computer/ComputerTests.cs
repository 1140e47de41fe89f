using System.Globalization;
using System.Text.RegularExpressions;
using Hopx.EndToEnd.Tests.Gallery;
using Hopx.EndToEnd.Tests.Program;
using ModelContextProtocol.Protocol;

namespace Hopx.EndToEnd.Tests.Computer;

/// <summary>What a model does with a desktop: looks, acts, and is told what came of it.</summary>
public sealed partial class ComputerTests(DesktopStdio desktop) : IClassFixture<DesktopStdio>, IAsyncLifetime
{
    private const string Form = """
        <!doctype html><title>Order</title><style>body { font: 20px sans-serif; margin: 40px } input, button { font: inherit; display: block; margin: 8px 0 24px; padding: 6px }</style>
        <h1>Order form</h1><form action="/sent"><label>Customer<input name="customer"></label><label><input type="checkbox" name="express">Express</label><button>Send order</button></form>
        """;

    private const string Server = """
        import http.server
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                page = open('/workspace/form.html').read() if self.path == '/' else '<h1>Thank you</h1>'
                if self.path.startswith('/sent'):
                    open('/workspace/sent.txt', 'w').write(self.path)
                self.send_response(200); self.send_header('Content-Type', 'text/html'); self.end_headers(); self.wfile.write(page.encode())
        http.server.HTTPServer(('127.0.0.1', 8123), Handler).serve_forever()
        """;

    public async ValueTask InitializeAsync() => await desktop.ClearAsync();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;

    [Fact]
    public async Task A_form_on_a_page_is_filled_in_by_looking_and_clicking()
    {
        await desktop.DoAsync("write_file", new { path = "/workspace/form.html", content = Form });
        await desktop.DoAsync("write_file", new { path = "/workspace/server.py", content = Server });
        await desktop.RunAsync("rm -f /workspace/sent.txt; nohup python3 /workspace/server.py > /dev/null 2>&1 & until curl -s -o /dev/null http://127.0.0.1:8123/; do sleep 0.05; done");

        Assert.Contains("its window is", (await desktop.ComputeAsync("open_url", new { url = "http://127.0.0.1:8123/" })).Text(), StringComparison.Ordinal);
        var field = await FoundAsync(new { role = "entry", name = "Customer" }, mark: 1);
        Assert.Contains("entry \"Customer\"", field.Text(), StringComparison.Ordinal);
        await desktop.ActAsync(new { action = "left_click", mark = 1 });
        var typed = await desktop.ActAsync(new { action = "type", text = "Ada Lovelace" });
        Assert.StartsWith("Changed: type 12 characters.", typed.Text(), StringComparison.Ordinal);
        await FoundAsync(new { role = "check box", name = "Express" }, mark: 1);
        await desktop.ActAsync(new { action = "left_click", mark = 1 });
        await FoundAsync(new { text = "Send order" }, mark: 1);
        await desktop.ActAsync(new { action = "left_click", mark = 1 });
        await FoundAsync(new { text = "Thank you" }, mark: 1);

        Assert.Equal("/sent?customer=Ada+Lovelace&express=on", (await desktop.DoAsync("read_file", new { path = "/workspace/sent.txt" })).Fact("content").Trim());
        Assert.Contains("Thank", (await desktop.DoAsync("read_screen")).Text(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_that_its_server_lets_wait_is_on_the_picture_all_the_same()
    {
        // The first half is there after a while, and the second one after another.
        await desktop.DoAsync("write_file", new { path = "/workspace/slow.py", content = """
            import http.server, time
            class Handler(http.server.BaseHTTPRequestHandler):
                def do_GET(self):
                    if self.path == '/': time.sleep(2)
                    self.send_response(200); self.send_header('Content-Type', 'text/html'); self.end_headers()
                    if self.path != '/': return
                    self.wfile.write(b'<title>Slow</title><h1>First'); self.wfile.flush()
                    time.sleep(2); self.wfile.write(b'</h1><h1>Second</h1>')
            http.server.ThreadingHTTPServer(('127.0.0.1', 8124), Handler).serve_forever()
            """ });
        await desktop.RunAsync("nohup python3 /workspace/slow.py > /dev/null 2>&1 & until curl -s -o /dev/null http://127.0.0.1:8124/ready; do sleep 0.05; done");

        var opened = await desktop.ComputeAsync("open_url", new { url = "http://127.0.0.1:8124/" });
        var read = (await desktop.DoAsync("read_screen")).Text();

        Assert.DoesNotContain("still loading", opened.Text(), StringComparison.Ordinal);
        Assert.Contains("its window is \"Slow - Chromium\"", opened.Text(), StringComparison.Ordinal);
        Assert.Contains("First", read, StringComparison.Ordinal);
        Assert.Contains("Second", read, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_that_never_comes_is_told_and_not_waited_for_longer_than_set()
    {
        await desktop.RunAsync("nohup python3 -c \"import socket; s = socket.create_server(('127.0.0.1', 8125)); held = [s.accept() for _ in range(99)]\" > /dev/null 2>&1 &");

        var opened = await desktop.ComputeAsync("open_url", new { url = "http://127.0.0.1:8125/" });

        Assert.Contains("The page is still loading after 10 s", opened.Text(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Text_of_any_script_is_typed_copied_and_found_on_the_clipboard()
    {
        const string Text = "Grüße, naïve café — 你好, 世界 😀 Ω≈ç";
        await LaunchEditorAsync();

        await desktop.ActAsync(new { action = "type", text = Text });
        await desktop.ActAsync(new { actions = new object[] { new { action = "key", text = "ctrl+a ctrl+c" } } });

        Assert.Equal(Text, (await desktop.DoAsync("clipboard", new { action = "get" })).Fact("text"));
        await desktop.DoAsync("clipboard", new { action = "set", text = "pasted" });
        await desktop.ActAsync(new { action = "key", text = "ctrl+v" });
        await desktop.ActAsync(new { actions = new object[] { new { type = "keypress", keys = new[] { "CTRL", "A" } }, new { type = "keypress", keys = new[] { "CTRL", "C" } } } });
        Assert.Equal("pasted", (await desktop.DoAsync("clipboard", new { action = "get" })).Fact("text"));
        Assert.Contains(Text, (await desktop.DoAsync("clipboard", new { action = "history" })).Text(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_click_on_nothing_is_told_from_one_that_changes_something()
    {
        var nothing = await desktop.ActAsync(new { action = "left_click", coordinate = new[] { 640, 300 } });
        var menu = await desktop.ActAsync(new { action = "right_click", coordinate = new[] { 640, 300 } });
        var closed = await desktop.ActAsync(new { action = "key", text = "Escape" });

        Assert.StartsWith("Nothing visible happened: left_click at 640,300. No pixel differs from before.", nothing.Text(), StringComparison.Ordinal);
        Assert.Matches(@"^Changed: right_click at 640,300\. Settled after \d+ ms\. Regions that changed \(x,y width x height\): 6[34]\d,(28|29|30)\d", menu.Text());
        Assert.Contains("Pointer at 640,300.", menu.Text(), StringComparison.Ordinal);
        Assert.StartsWith("Changed: key Escape.", closed.Text(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task OpenAI_s_actions_come_one_by_one_and_in_batches()
    {
        await LaunchEditorAsync();

        await desktop.ActAsync(new { type = "type", text = "alpha beta" });
        await desktop.ActAsync(new { action = new { type = "keypress", keys = new[] { "CTRL", "A" } } });
        var batch = await desktop.ActAsync(new
        {
            actions = new object[]
            {
                new { type = "keypress", keys = new[] { "END" } }, new { type = "type", text = "!" }, new { type = "keypress", keys = new[] { "SHIFT", "HOME" } }, new { type = "keypress", keys = new[] { "CTRL", "C" } },
                new { type = "screenshot" },
            },
        });

        Assert.Contains("keypress END; type 1 characters; keypress SHIFT+HOME; keypress CTRL+C; screenshot", batch.Text(), StringComparison.Ordinal);
        Assert.Equal("alpha beta!", (await desktop.DoAsync("clipboard", new { action = "get" })).Fact("text"));
    }

    [Fact]
    public async Task Zoom_shows_the_very_pixels_of_the_screen()
    {
        await LaunchEditorAsync();
        await desktop.ActAsync(new { action = "type", text = "small print" });
        await desktop.ActAsync(new { action = "mouse_move", coordinate = new[] { 1200, 700 } });
        var whole = Decode(await desktop.ComputeAsync("screenshot", new { format = "png" }));

        var zoom = await desktop.ActAsync(new { action = "zoom", region = new[] { 300, 200, 500, 300 } });
        var part = Decode(zoom);

        Assert.Equal((200, 100), (part.Width, part.Height));
        Assert.Contains("(native pixels)", zoom.Text(), StringComparison.Ordinal);
        for (var y = 0; y < 100; y++)
        {
            for (var x = 0; x < 200; x++)
            {
                Assert.Equal(whole[300 + x, 200 + y], part[x, y]);
            }
        }
    }

    [Theory]
    [InlineData("png", "image/png", 1280)]
    [InlineData("jpeg", "image/jpeg", 640)]
    [InlineData("webp", "image/webp", 333)]
    public async Task Pictures_come_in_three_formats_and_any_size(string format, string type, int edge)
    {
        var shot = await desktop.ComputeAsync("screenshot", new { format, max_edge = edge });

        Assert.Equal(type, shot.Content.OfType<ImageContentBlock>().Single().MimeType);
        Assert.Contains(string.Create(CultureInfo.InvariantCulture, $": {edge}x"), shot.Text(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_click_in_a_scaled_picture_lands_where_it_was_seen()
    {
        await desktop.ComputeAsync("screenshot", new { max_edge = 320 });

        var moved = await desktop.ActAsync(new { action = "mouse_move", coordinate = new[] { 100, 50 } });

        // The new picture is in full size again.
        Assert.Contains("Pointer at 402,202.", moved.Text(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_screen_that_never_rests_is_shown_in_bounded_time_and_told()
    {
        await desktop.ComputeAsync("launch", new { program = "xterm", arguments = new[] { "-e", "bash", "-c", "while :; do echo $RANDOM; sleep 0.01; done" } });

        var started = TimeProvider.System.GetTimestamp();
        var clicked = await desktop.ActAsync(new { action = "mouse_move", coordinate = new[] { 10, 10 } });

        Assert.Contains("The screen still changes,", clicked.Text(), StringComparison.Ordinal);
        Assert.InRange(TimeProvider.System.GetElapsedTime(started), TimeSpan.Zero, TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task An_X_server_that_is_killed_comes_back_and_the_answer_says_so()
    {
        await desktop.RunAsync("pkill -9 Xtigervnc || pkill -9 Xvnc");

        var shot = await desktop.ComputeAsync("screenshot");

        Assert.Contains("The X server had ended and was started again; all windows are gone.", shot.Text(), StringComparison.Ordinal);
        await LaunchEditorAsync();
        Assert.StartsWith("Changed: type 5 characters.", (await desktop.ActAsync(new { action = "type", text = "again" })).Text(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_key_stays_pressed_whatever_is_refused()
    {
        await LaunchEditorAsync();
        await desktop.ActAsync(new { action = "hold_key", text = "shift", duration = 0.2 });
        await desktop.RefuseAsync("computer", new { action = "key", text = "ctrl+nonsense" });
        await desktop.RefuseAsync("computer", new { action = "left_click", coordinate = new[] { 300, 300 }, text = "nonsense" });
        await desktop.ActAsync(new { actions = new object[] { new { action = "left_click", coordinate = new[] { 640, 400 }, text = "shift" }, new { action = "key", text = "alt+nonsense" } } });

        await desktop.ActAsync(new { actions = new object[] { new { action = "key", text = "ctrl+a" }, new { action = "type", text = "plain" }, new { action = "key", text = "ctrl+a ctrl+c" } } });

        Assert.Equal("plain", (await desktop.DoAsync("clipboard", new { action = "get" })).Fact("text"));
    }

    [Fact]
    public async Task What_is_refused_in_the_middle_comes_with_the_picture_of_what_was_done()
    {
        await LaunchEditorAsync();

        var partly = await desktop.ActAsync(new { actions = new object[] { new { action = "type", text = "done" }, new { action = "key", text = "Hyperspace" }, new { action = "type", text = "not done" } } });

        Assert.StartsWith("Refused: action 2 of 3, key Hyperspace. The key 'Hyperspace' is unknown.", partly.Text(), StringComparison.Ordinal);
        await desktop.ActAsync(new { action = "key", text = "ctrl+a ctrl+c" });
        Assert.Equal("done", (await desktop.DoAsync("clipboard", new { action = "get" })).Fact("text"));
    }

    [Fact]
    public async Task What_cannot_be_done_is_refused_with_what_can()
    {
        Assert.Contains("outside of picture", await desktop.RefuseAsync("computer", new { action = "left_click", coordinate = new[] { 1280, 0 } }), StringComparison.Ordinal);
        Assert.Contains("The key 'Hyperspace' is unknown", await desktop.RefuseAsync("computer", new { action = "key", text = "Hyperspace" }), StringComparison.Ordinal);
        Assert.Contains("The action 'levitate' is unknown", await desktop.RefuseAsync("computer", new { action = "levitate" }), StringComparison.Ordinal);
        Assert.Contains("Put it on the clipboard and paste it", await desktop.RefuseAsync("computer", new { action = "type", text = new string('a', 1 << 20) }), StringComparison.Ordinal);
        Assert.Contains("There is no window 12345", await desktop.RefuseAsync("windows", new { action = "focus", window_id = "12345" }), StringComparison.Ordinal);
        Assert.StartsWith("Nothing was found.", (await desktop.ComputeAsync("find_on_screen", new { text = "Xylophone zebra" })).Text(), StringComparison.Ordinal);
        Assert.Contains("cannot be started on the desktop", await desktop.RefuseAsync("launch", new { program = "no-such-program" }), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_recording_runs_once_and_leaves_a_video()
    {
        Assert.DoesNotContain("report it", await desktop.RefuseAsync("recording", new { action = "stop" }), StringComparison.Ordinal);
        var started = await desktop.DoAsync("recording", new { action = "start" });
        Assert.Contains("recorded already", await desktop.RefuseAsync("recording", new { action = "start" }), StringComparison.Ordinal);
        await desktop.ActAsync(new { action = "wait", duration = 1 });
        var stopped = await desktop.DoAsync("recording", new { action = "stop" });

        Assert.Equal(("recording", "stopped"), (started.Fact("status"), stopped.Fact("status")));
        Assert.Equal("h264", await desktop.RunAsync($"ffprobe -v error -select_streams v -show_entries stream=codec_name -of csv=p=0 {stopped.Fact("path")}"));
    }

    [Fact]
    public async Task Windows_are_listed_moved_and_closed()
    {
        await LaunchEditorAsync();
        var id = Window().Match((await desktop.DoAsync("windows", new { action = "list" })).Text()).Groups[1].Value;

        await desktop.ComputeAsync("windows", new { action = "move", window_id = id, x = 100, y = 60 });
        await desktop.ComputeAsync("windows", new { action = "resize", window_id = id, width = 500, height = 400 });
        var listed = await desktop.DoAsync("windows", new { action = "list" });
        await desktop.ComputeAsync("windows", new { action = "close", window_id = id });

        Assert.Contains("at 100,60 500x400 active", listed.Text(), StringComparison.Ordinal);
        Assert.StartsWith("No window is open.", (await desktop.DoAsync("windows", new { action = "list" })).Text(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Coordinates_of_a_picture_count_over_a_restart_and_not_on_a_screen_of_another_size()
    {
        var small = await desktop.ComputeAsync("screenshot", new { max_edge = 640 });
        var id = PictureId().Match(small.Text()).Groups[1].Value;

        await desktop.RestartAsync();
        Assert.Contains("Pointer at 201,101.", (await desktop.ActAsync(new { action = "mouse_move", coordinate = new[] { 100, 50 } })).Text(), StringComparison.Ordinal);
        await ResizeScreenAsync(1024, 768);
        var refused = await desktop.RefuseAsync("computer", new { action = "left_click", coordinate = new[] { 100, 50 }, picture_id = id });
        await ResizeScreenAsync(1280, 800);

        Assert.Contains("The screen is 1024x768 by now, not 1280x800", refused, StringComparison.Ordinal);
        await desktop.ActAsync(new { action = "mouse_move", coordinate = new[] { 100, 50 }, picture_id = id });
    }

    [Fact]
    public async Task A_sandbox_without_a_desktop_says_which_call_comes_next()
    {
        var id = (await desktop.Client.DoAsync("sandbox_create", new { template = "base", conversation = "elsewhere" })).SandboxId();

        Assert.Contains("Call sandbox_create with template desktop", await desktop.Client.RefuseAsync("screenshot", new { sandbox_id = id }), StringComparison.Ordinal);
        Assert.Contains("Call sandbox_create with template desktop", await desktop.Client.RefuseAsync("computer", new { action = "key", text = "a", conversation = "elsewhere" }), StringComparison.Ordinal);
        await desktop.Client.DoAsync("sandbox_delete", new { sandbox_id = id });
    }

    private async Task<CallToolResult> FoundAsync(object what, int mark)
    {
        // A page takes its time on a busy machine; whoever looks for it looks again, as a model would.
        var patience = Patience.Token;
        CallToolResult found;
        do
        {
            patience.ThrowIfCancellationRequested();
            found = await desktop.ComputeAsync("find_on_screen", what);
        }
        while (!found.Text().Contains(string.Create(CultureInfo.InvariantCulture, $"\n{mark} at "), StringComparison.Ordinal));
        return found;
    }

    private async Task LaunchEditorAsync()
    {
        // Without its daemon, which would give its window to an editor of an earlier test.
        var started = await desktop.ComputeAsync("launch", new { program = "env", arguments = new[] { "GSETTINGS_BACKEND=memory", "mousepad", "--disable-server" } });
        Assert.Contains("its window is", started.Text(), StringComparison.Ordinal);
    }

    private Task<string> ResizeScreenAsync(int width, int height) => desktop.RunAsync(
        $$"""curl -sf --unix-socket /run/hopx/desktop.sock -X POST -H 'Content-Type: application/json' -d '{"width":{{width}},"height":{{height}}}' http://desktop/desktop/display/set""");

    private static PngPicture Decode(CallToolResult result) => PngPicture.Decode(result.Content.OfType<ImageContentBlock>().Single().DecodedData.Span);

    [GeneratedRegex("Picture (p[0-9a-f]+):")]
    private static partial Regex PictureId();

    [GeneratedRegex("^(\\d+) \"", RegexOptions.Multiline)]
    private static partial Regex Window();
}
