using Hopx.Client;
using Hopx.EndToEnd.Tests.Program;

namespace Hopx.EndToEnd.Tests.Desktop;

/// <summary>Mouse, keyboard and clipboard, judged by what programs made of them.</summary>
public sealed class InputTests(DesktopSandbox sandbox) : IClassFixture<DesktopSandbox>
{
    [Theory]
    [InlineData("Plain ASCII: ~!@#$%^&*()_+-=[]{}|;':\",./<>? and\ta tab")]
    [InlineData("áéíóú ÀÈÌ ñ ß € — Привет, κόσμε")]
    [InlineData("日本語の文章、中文字符、한국어 문장")]
    [InlineData("🎉😀🚀 emoji in a row 🐧")]
    [InlineData("two\nlines")]
    public async Task Any_text_is_typed_as_it_is(string text)
    {
        await sandbox.OpenEditorAsync();

        await sandbox.Desktop.TypeAsync(text, cancellationToken: Patience.Token);

        Assert.Equal(text, await sandbox.ReadEditorAsync());
    }

    [Fact]
    public async Task Nothing_of_a_long_text_is_dropped_at_full_speed()
    {
        await sandbox.OpenEditorAsync();
        var text = string.Concat(Enumerable.Range(0, 1_000).Select(number => (char)(number % 3 == 0 ? 'a' + (number % 26) : 0x4e00 + (number * 7 % 600))));

        await sandbox.Desktop.TypeAsync(text, cancellationToken: Patience.Token);

        Assert.Equal(text, await sandbox.ReadEditorAsync());
    }

    [Fact]
    public async Task Text_is_typed_whatever_the_state_of_caps_lock()
    {
        await sandbox.OpenEditorAsync();
        await sandbox.Desktop.PressAsync("Caps_Lock", Patience.Token);

        await sandbox.Desktop.TypeAsync("Mixed Case", cancellationToken: Patience.Token);

        Assert.Equal("Mixed Case", await sandbox.ReadEditorAsync());
    }

    [Fact]
    public async Task No_key_stays_pressed_when_a_combination_fails()
    {
        await sandbox.OpenEditorAsync();

        await Assert.ThrowsAsync<HopxException>(() => sandbox.Desktop.PressTogetherAsync(["ctrl", "shift"], "no-such-key", Patience.Token));
        await Assert.ThrowsAsync<HopxException>(() => sandbox.Desktop.ActAsync(
            new ActRequest { Actions = [new DesktopAction { Type = "click", X = 5000, Y = 5, Modifiers = ["ctrl"] }] }, Patience.Token));
        await sandbox.Desktop.TypeAsync("abc", cancellationToken: Patience.Token);

        Assert.Equal("abc", await sandbox.ReadEditorAsync());
    }

    [Fact]
    public async Task Combinations_are_understood_in_every_spelling()
    {
        await sandbox.OpenEditorAsync();
        await sandbox.Desktop.TypeAsync("one", cancellationToken: Patience.Token);

        await sandbox.Desktop.PressTogetherAsync(["ctrl"], "a", Patience.Token);
        await sandbox.Desktop.PressAsync("ctrl+c", Patience.Token);
        await sandbox.Desktop.PressAsync("End", Patience.Token);
        await sandbox.Desktop.HotkeyAsync(["Control_L"], "V", Patience.Token);
        await sandbox.AskAsync(HttpMethod.Post, "keyboard/combination", """{"keys":["CTRL","v"]}""");
        await sandbox.ActAsync(AMoment());

        Assert.Equal("oneoneone", await sandbox.ReadEditorAsync());
    }

    [Fact]
    public async Task The_clipboard_goes_both_ways_and_remembers()
    {
        await sandbox.OpenEditorAsync();

        await sandbox.Desktop.SetClipboardAsync("from outside ✓", Patience.Token);
        await sandbox.ActAsync(DesktopSandbox.Key("ctrl+v"), DesktopSandbox.Type("!"), DesktopSandbox.Key("ctrl+a"), DesktopSandbox.Key("ctrl+x"));
        var cut = await sandbox.Desktop.GetClipboardAsync(Patience.Token);
        await sandbox.RunAsync("pkill -x mousepad; while pgrep -x mousepad > /dev/null; do sleep 0.05; done");

        Assert.Equal("from outside ✓!", cut);
        Assert.Equal(cut, await sandbox.Desktop.GetClipboardAsync(Patience.Token));
        Assert.Equal(["from outside ✓!", "from outside ✓"], (await sandbox.Desktop.GetClipboardHistoryAsync(Patience.Token)).Take(2));
    }

    [Fact]
    public async Task The_pointer_goes_where_it_is_sent()
    {
        await sandbox.Desktop.MoveAsync(321, 123, Patience.Token);
        var moved = await sandbox.ActAsync();
        await sandbox.Desktop.ClickAsync(400, 300, cancellationToken: Patience.Token);
        var clicked = await sandbox.ActAsync();

        Assert.Equal((321, 123), (moved.Pointer!.X, moved.Pointer.Y));
        Assert.Equal((400, 300), (clicked.Pointer!.X, clicked.Pointer.Y));
    }

    [Fact]
    public async Task A_double_click_takes_a_word_and_a_triple_click_a_line()
    {
        var window = await sandbox.OpenEditorAsync();
        // Settled: an editor that still lays out what was typed takes the first of two presses for the end of that.
        await sandbox.ActAsync(DesktopSandbox.Type("wordwordword another\nsecond line"));
        var (x, y) = await FirstLineAsync(window);

        // A busy program may take two presses for single ones; whoever sees nothing selected does it again.
        var word = "";
        for (var attempt = 0; attempt < 5 && word is not "wordwordword"; attempt++)
        {
            await sandbox.ActAsync(new DesktopAction { Type = "wait", DurationMs = 600 });
            await sandbox.Desktop.ClickAsync(x, y, clicks: 2, cancellationToken: Patience.Token);
            await sandbox.ActAsync(DesktopSandbox.Key("ctrl+c"));
            word = await sandbox.Desktop.GetClipboardAsync(Patience.Token);
        }

        await sandbox.ActAsync(new DesktopAction { Type = "wait", DurationMs = 600 }, new DesktopAction { Type = "click", X = x, Y = y, Clicks = 3 }, DesktopSandbox.Key("ctrl+c"));
        var line = await sandbox.Desktop.GetClipboardAsync(Patience.Token);

        Assert.Equal("wordwordword", word);
        Assert.Equal("wordwordword another", line.TrimEnd());
    }

    [Fact]
    public async Task A_drag_selects_what_it_passes()
    {
        var window = await sandbox.OpenEditorAsync();
        await sandbox.Desktop.TypeAsync("drag over this", cancellationToken: Patience.Token);
        var (x, y) = await FirstLineAsync(window);

        await sandbox.Desktop.DragAsync(new DragRequest { FromX = x - 29, FromY = y, ToX = window.X + window.Width - 20, ToY = y }, Patience.Token);
        await sandbox.ActAsync(DesktopSandbox.Key("ctrl+c"));

        Assert.Equal("drag over this", await sandbox.Desktop.GetClipboardAsync(Patience.Token));
        Assert.True(x > window.X);
    }

    [Fact]
    public async Task The_wheel_turns_both_ways()
    {
        var window = await sandbox.OpenEditorAsync();
        await sandbox.Desktop.TypeAsync(string.Concat(Enumerable.Range(0, 80).Select(number => $"{number}\n")), cancellationToken: Patience.Token);
        var (x, y) = (window.X + 150, window.Y + 250);

        var up = await sandbox.ActAsync(new DesktopAction { Type = "scroll", X = x, Y = y, ScrollY = -5 });
        var down = await sandbox.ActAsync(new DesktopAction { Type = "scroll", ScrollY = 5 });
        await sandbox.Desktop.ScrollAsync(new ScrollRequest { X = x, Y = y, Amount = 3, Direction = "up" }, Patience.Token);
        var end = await sandbox.ActAsync(new DesktopAction { Type = "scroll", X = x, Y = y, ScrollY = 20 });

        Assert.True(up.Changed);
        Assert.True(down.Changed);
        Assert.True(end.Changed);
    }

    [Fact]
    public async Task An_action_tells_what_changed_and_where()
    {
        var window = await sandbox.OpenEditorAsync();

        var typed = await sandbox.Desktop.ActAsync(new ActRequest { Actions = [DesktopSandbox.Type("visible")], Screenshot = new ScreenshotRequest { Format = "jpeg", MaxEdge = 640 } }, Patience.Token);
        var nothing = await sandbox.ActAsync(new DesktopAction { Type = "move", X = 1270, Y = 30 });

        Assert.True(typed.Changed);
        Assert.True(typed.Settled);
        Assert.Contains(typed.ChangedRegions!, region => region.X >= window.X - 16 && region.Y >= window.Y - 16 && region.X + region.Width <= window.X + window.Width + 16);
        Assert.Equal(window.Id, typed.ActiveWindow!.Id);
        Assert.Equal((640, 400, "jpeg"), (typed.Screenshot!.Width, typed.Screenshot.Height, typed.Screenshot.Format));
        Assert.Equal((1280, 800), (typed.Screenshot.SourceWidth, typed.Screenshot.SourceHeight));
        Assert.False(nothing.Changed);
        Assert.True(nothing.Settled);
    }

    [Fact]
    public async Task What_was_done_before_a_refused_action_is_shown()
    {
        await sandbox.OpenEditorAsync();

        var result = await sandbox.ActAsync(DesktopSandbox.Type("half"), new DesktopAction { Type = "click", X = -1, Y = 0 }, DesktopSandbox.Type("never"));

        Assert.Equal(1, result.Done);
        Assert.Contains("outside of the screen", result.Refused, StringComparison.Ordinal);
        Assert.Equal("half", await sandbox.ReadEditorAsync());
    }

    [Theory]
    [InlineData("mouse/click", """{"x":1280,"y":5}""", "outside of the screen")]
    [InlineData("mouse/click", """{"x":5}""", "'y' is missing")]
    [InlineData("mouse/click", """{"x":5,"y":5,"button":"fourth"}""", "button 'fourth'")]
    [InlineData("mouse/click", """{"x":5,"y":5,"clicks":99}""", "'clicks' is 99")]
    [InlineData("mouse/move", "{}", "missing")]
    [InlineData("mouse/drag", """{"from_x":5}""", "'to_x'")]
    [InlineData("mouse/scroll", """{"amount":3,"direction":"sideways"}""", "direction 'sideways'")]
    [InlineData("keyboard/press", """{"key":"NoSuchKey"}""", "key 'NoSuchKey'")]
    [InlineData("keyboard/press", "{}", "keys")]
    [InlineData("keyboard/type", "{}", "'text' is missing")]
    [InlineData("keyboard/type", """{"text":"\u0001"}""", "control character U+0001")]
    [InlineData("act", """{"actions":[{"type":"jump"}]}""", "action 'jump'")]
    [InlineData("act", """{"screenshot":{"format":"bmp"}}""", "format 'bmp'")]
    [InlineData("screenshot/region", """{"x":5000,"y":0,"width":5,"height":5}""", "no part on the screen")]
    [InlineData("screenshot/region", """{"x":0,"y":0,"width":0,"height":5}""", "holds nothing")]
    [InlineData("clipboard/set", "{}", "'text' is missing")]
    [InlineData("display/set", """{"width":12345,"height":5}""", "cannot be 12345x5")]
    [InlineData("windows/focus", """{"window_id":"what"}""", "no window id")]
    [InlineData("windows/focus", """{"window_id":12345}""", "no window 12345")]
    [InlineData("recording/start", """{"format":"avi"}""", "format 'avi'")]
    [InlineData("recording/stop", """{"recording_id":"none"}""", "no recording 'none'")]
    [InlineData("x11/find_element", "{}", "'text' is missing")]
    [InlineData("x11/ocr", """{"language":"zzz"}""", "language 'zzz'")]
    public async Task Bad_input_is_explained(string path, string body, string complaint)
    {
        using var response = await sandbox.SendAsync(HttpMethod.Post, path, body);

        var answer = await response.Content.ReadAsStringAsync(Patience.Token);
        Assert.InRange((int)response.StatusCode, 400, 404);
        Assert.Contains(complaint, System.Text.Json.JsonDocument.Parse(answer).RootElement.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_megabyte_of_text_is_refused_before_any_key_is_pressed()
    {
        await sandbox.OpenEditorAsync();

        var failure = await Assert.ThrowsAsync<HopxException>(() => sandbox.Desktop.TypeAsync(new string('x', 1_000_000), cancellationToken: Patience.Token));
        await sandbox.Desktop.TypeAsync("y", cancellationToken: Patience.Token);

        Assert.Equal(HopxErrorCode.PayloadTooLarge, failure.Code);
        Assert.Equal("y", await sandbox.ReadEditorAsync());
    }

    private static DesktopAction AMoment() => new() { Type = "wait", DurationMs = 100 };

    private async Task<(int X, int Y)> FirstLineAsync(DesktopWindow window)
    {
        var text = await sandbox.Desktop.FindAccessibleAsync(new AccessibilityRequest { Application = "mousepad", Role = "text" }, Patience.Token);
        var area = Assert.Single(text.Elements!, element => element.Width > 200);
        Assert.InRange(area.X, window.X, window.X + window.Width);
        return (area.X + 30, area.Y + 9);
    }
}
