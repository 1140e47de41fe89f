using System.Globalization;
using System.Text.Json;
using Hopx.Client;
using Hopx.EndToEnd.Tests.Program;
using Hopx.Testing;

namespace Hopx.EndToEnd.Tests.LiveView;

/// <summary>People watch the desktop and take it over, in a real browser.</summary>
public sealed class LiveViewTests(WatchedDesktop desktop, PreparedMachine machine) : IClassFixture<WatchedDesktop>
{
    [Fact]
    public async Task Frames_arrive_and_follow_what_the_agent_does()
    {
        await desktop.OpenEditorAsync();
        var page = await desktop.OpenAsync(mayControl: false);
        await page.UntilAsync("document.querySelector('#screen canvas')?.width === 1280");

        await UntilAsync(async () => (await page.LookAsync()).Colours > 10);
        var before = await page.LookAsync();
        await desktop.Desktop.TypeAsync("Hello, watcher!", cancellationToken: Patience.Token);
        await UntilAsync(async () => (await page.LookAsync()).Hash != before.Hash);

        Assert.Contains("View only", await page.TextAsync("#state"), StringComparison.Ordinal);
        Assert.Equal("[]", JsonSerializer.Serialize(await page.ProblemsAsync()));
        await page.DoAsync("picture", ("path", Picture("view-light.png")));
        await page.CloseAsync();
    }

    [Fact]
    public async Task A_person_takes_over_clicks_and_types_and_the_agent_is_told()
    {
        var window = await desktop.OpenEditorAsync();
        var page = await desktop.OpenAsync(mayControl: true, isDark: true);
        Assert.Contains("Type the code that you got by mail.", await page.TextAsync("#reason"), StringComparison.Ordinal);

        await page.PressAsync("#take");
        await page.UntilStateAsync("control");
        await page.ClickDesktopAsync(window.X + 200, window.Y + 150);
        await UntilAsync(async () => await desktop.PointerAsync() is var pointer && Math.Abs(pointer.X - window.X - 200) <= 2 && Math.Abs(pointer.Y - window.Y - 150) <= 2);
        await page.TypeAsync("CODE 4711");
        await page.DoAsync("picture", ("path", Picture("control-dark.png")));

        // All that acts is refused, and all that looks is not.
        var refused = await Assert.ThrowsAsync<HopxException>(() => desktop.Desktop.ClickAsync(5, 5, cancellationToken: Patience.Token));
        Assert.Equal((HopxErrorCode.DesktopTakenOver, 409), (refused.Code, refused.StatusCode));
        Assert.Matches("A person at the live view has taken over the desktop, since .* UTC and until .* UTC at the latest", refused.Message);
        foreach (var act in Acts(window.Id))
        {
            Assert.Equal(HopxErrorCode.DesktopTakenOver, (await Assert.ThrowsAsync<HopxException>(act)).Code);
        }

        Assert.NotEmpty((await desktop.Desktop.ScreenshotAsync(cancellationToken: Patience.Token)).Bytes);
        Assert.Equal(1, (await desktop.Desktop.ActAsync(new ActRequest { Actions = [new DesktopAction { Type = "wait", DurationMs = 10 }] }, Patience.Token)).Done);
        Assert.Contains("1280", (await desktop.Desktop.GetDisplayAsync(Patience.Token)).Width.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);

        await page.PressAsync("#release");
        await page.UntilStateAsync("view");
        Assert.Contains("It is told:", await page.TextAsync("#toast"), StringComparison.Ordinal);
        var told = await desktop.Desktop.ActAsync(new ActRequest(), Patience.Token);
        var again = await desktop.Desktop.ActAsync(new ActRequest(), Patience.Token);

        Assert.Matches("A person at the live view had control of the desktop for .* s and gave it back. The screen changed .* Active window: .* Take a new screenshot", Assert.Single(told.Notices!));
        Assert.Null(again.Notices);
        Assert.Equal("CODE 4711", (await desktop.ReadEditorAsync()).TrimEnd('\n'));
        Assert.Equal("[]", JsonSerializer.Serialize(await page.ProblemsAsync()));
        await page.CloseAsync();
    }

    [Fact]
    public async Task The_agent_waits_for_the_person_and_hears_which_windows_came()
    {
        await desktop.OpenEditorAsync();
        var page = await desktop.OpenAsync(mayControl: true);

        await page.PressAsync("#take");
        await page.UntilStateAsync("control");
        var waiting = desktop.Mcp.DoAsync("desktop_take_over", new { action = "wait", sandbox_id = desktop.SandboxId });
        // A new window, by the person's own keys.
        await page.ClickDesktopAsync(640, 400);
        await page.EvaluateAsync("document.querySelector('#screen canvas').focus()");
        var before = (await desktop.Desktop.ListWindowsAsync(Patience.Token)).Count;
        await page.DoAsync("shortcut", ("keys", "Control+Shift+N"));
        await UntilAsync(async () => (await desktop.Desktop.ListWindowsAsync(Patience.Token)).Count > before);
        await page.PressAsync("#release");
        var returned = await waiting;

        Assert.Equal("returned", returned.Fact("status"));
        Assert.Contains("Windows opened: \"", returned.Text(), StringComparison.Ordinal);
        Assert.Null((await desktop.Desktop.ActAsync(new ActRequest(), Patience.Token)).Notices);
        await page.CloseAsync();
    }

    [Fact]
    public async Task A_view_that_only_shows_cannot_act_whatever_its_page_does()
    {
        var page = await desktop.OpenAsync(mayControl: false);
        await desktop.Desktop.MoveAsync(20, 30, Patience.Token);

        var (x, y) = await page.PlaceOfAsync(600, 500);
        await page.DoAsync("click", ("x", x), ("y", y));
        // A page that was changed sends what it likes: this speaks the protocol by hand, pointer events and keys included.
        var spoken = await page.EvaluateAsync(
            """
            (async () => {
              const id = sessionStorage.getItem('hopx-live-session');
              const socket = new WebSocket(`ws://${location.host}/live/sessions/${id}/stream?access=view`, ['binary']);
              socket.binaryType = 'arraybuffer';
              let got = 0;
              let wake = () => {};
              let isOver = false;
              socket.onclose = () => { isOver = true; wake(); };
              socket.onmessage = message => { got += message.data.byteLength; wake(); };
              const until = async count => { while (got < count) { if (isOver) { throw new Error(`The stream ended after ${got} bytes, before ${count}.`); } await new Promise(done => { wake = done; }); } };
              await new Promise((done, failed) => { socket.onopen = done; socket.onerror = failed; });
              await until(12);
              socket.send(new TextEncoder().encode('RFB 003.008\n'));
              await until(14);
              socket.send(new Uint8Array([1]));
              await until(18);
              socket.send(new Uint8Array([1]));
              await until(42);
              socket.send(new Uint8Array([5, 0, 2, 88, 1, 244]));
              socket.send(new Uint8Array([5, 1, 2, 88, 1, 244]));
              socket.send(new Uint8Array([5, 0, 2, 88, 1, 244]));
              socket.send(new Uint8Array([4, 1, 0, 0, 0, 0, 0, 97]));
              socket.send(new Uint8Array([4, 0, 0, 0, 0, 0, 0, 97]));
              const before = got;
              socket.send(new Uint8Array([3, 0, 0, 0, 0, 0, 0, 16, 0, 16]));
              await until(before + 1);
              socket.close();
              return got;
            })()
            """);
        var take = await page.EvaluateAsync("(async () => { const id = sessionStorage.getItem('hopx-live-session'); return (await fetch(`/live/sessions/${id}/take`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{}' })).status; })()");
        var control = await page.EvaluateAsync("new Promise(done => { const socket = new WebSocket(`ws://${location.host}/live/sessions/${sessionStorage.getItem('hopx-live-session')}/stream?access=control`); socket.onopen = () => done('open'); socket.onclose = () => done('closed'); })");

        Assert.True(spoken!.GetValue<int>() > 42, "The picture that was asked for after the input came.");
        Assert.Equal(403, take!.GetValue<int>());
        Assert.Equal("closed", control!.GetValue<string>());
        Assert.Equal((20, 30), await desktop.PointerAsync() is var pointer ? (pointer.X, pointer.Y) : default);
        Assert.True((await page.EvaluateAsync("document.querySelector('#take').hidden"))!.GetValue<bool>());
        await page.CloseAsync();
    }

    [Fact]
    public async Task A_link_opens_once_and_only_for_a_short_time_and_is_in_no_request()
    {
        var link = await desktop.LinkAsync(mayControl: false);
        var late = await desktop.LinkAsync(mayControl: false);
        Assert.Matches("^http://127[.]0[.]0[.]1:[0-9]+/live/#[A-Za-z0-9_-]{43}$", link);
        var ticket = link[(link.IndexOf('#', StringComparison.Ordinal) + 1)..];

        var page = await desktop.Browser.OpenAsync(link);
        await page.UntilStateAsync("view");
        var address = await page.EvaluateAsync("location.href");
        var cookies = await page.EvaluateAsync("document.cookie");
        await page.DoAsync("reload");
        await page.UntilStateAsync("view");
        var other = await desktop.Browser.OpenAsync(link);
        await other.UntilStateAsync("over");
        await other.DoAsync("picture", ("path", Picture("used-link.png")));
        await Task.Delay(WatchedDesktop.TicketLifetime, Patience.Token);
        var tooLate = await desktop.Browser.OpenAsync(late);
        await tooLate.UntilStateAsync("over");

        Assert.DoesNotContain(ticket, address!.GetValue<string>(), StringComparison.Ordinal);
        Assert.Equal("", cookies!.GetValue<string>());
        Assert.DoesNotContain(await page.RequestsAsync(), request => request.Contains(ticket, StringComparison.Ordinal));
        Assert.Contains("was used already", await other.TextAsync("#message-text"), StringComparison.Ordinal);
        Assert.Contains("older than 10 seconds", await tooLate.TextAsync("#message-text"), StringComparison.Ordinal);
        foreach (var open in new[] { page, other, tooLate })
        {
            await open.CloseAsync();
        }
    }

    [Fact]
    public async Task Only_one_person_has_control_and_the_others_see_who()
    {
        var first = await desktop.OpenAsync(mayControl: true);
        var second = await desktop.OpenAsync(mayControl: true);

        await first.PressAsync("#take");
        await first.UntilStateAsync("control");
        await second.UntilStateAsync("other");
        var status = await second.EvaluateAsync("(async () => { const id = sessionStorage.getItem('hopx-live-session'); const answer = await fetch(`/live/sessions/${id}/take`, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: '{}' }); return [answer.status, (await answer.json()).code]; })()");
        await first.PressAsync("#release");
        await second.UntilStateAsync("view");
        await second.PressAsync("#take");
        await second.UntilStateAsync("control");
        await second.PressAsync("#release");
        await second.UntilStateAsync("view");

        Assert.Equal("""[409,"DESKTOP_TAKEN_OVER"]""", status!.ToJsonString());
        await first.CloseAsync();
        await second.CloseAsync();
    }

    [Fact]
    public async Task Control_that_runs_out_ends_the_stream_and_frees_the_agent()
    {
        var taken = await desktop.Desktop.TakeControlAsync(new TakeControlRequest { Holder = "Ada", Seconds = 10 }, Patience.Token);
        await using var stream = await desktop.Desktop.ConnectAsync(taken.Lease, Patience.Token);
        var buffer = new byte[64];
        Assert.Equal(12, await stream.ReadAsync(buffer, Patience.Token));

        var control = await desktop.Desktop.WaitForControlAsync(taken.Last?.Id, TimeSpan.FromSeconds(60), Patience.Token);
        var over = await ReadsToTheEndAsync(stream);
        var act = await desktop.Desktop.ActAsync(new ActRequest { Actions = [new DesktopAction { Type = "move", X = 11, Y = 12 }] }, Patience.Token);
        var stale = await Assert.ThrowsAsync<HopxException>(() => desktop.Desktop.RenewControlAsync(taken.Lease!, cancellationToken: Patience.Token));

        Assert.Equal("expired", control.Last!.Ending);
        Assert.StartsWith("Ada had control of the desktop for ", control.Last.Summary, StringComparison.Ordinal);
        Assert.True(over);
        Assert.Equal((11, 12), (act.Pointer!.X, act.Pointer.Y));
        Assert.Equal(HopxErrorCode.Forbidden, stale.Code);
    }

    [Fact]
    public async Task What_the_agent_is_in_the_middle_of_is_cut_short()
    {
        await desktop.OpenEditorAsync();
        var before = (await desktop.Desktop.ListWindowsAsync(Patience.Token)).Count;
        var acting = desktop.Desktop.ActAsync(
            new ActRequest
            {
                Actions =
                [
                    new DesktopAction { Type = "key", Keys = ["ctrl+shift+n"] }, new DesktopAction { Type = "hold_key", Keys = ["shift"], DurationMs = 30_000 }, new DesktopAction { Type = "move", X = 50, Y = 50 },
                ],
            },
            Patience.Token);
        await UntilAsync(async () => (await desktop.Desktop.ListWindowsAsync(Patience.Token)).Count > before);

        var taken = await desktop.Desktop.TakeControlAsync(new TakeControlRequest { Seconds = 600 }, Patience.Token);
        var result = await acting;
        await desktop.Desktop.ReleaseControlAsync(taken.Lease!, Patience.Token);

        Assert.True(result.Done < 3);
        Assert.Contains("has taken over the desktop", result.Refused!, StringComparison.Ordinal);
        _ = await desktop.Desktop.ActAsync(new ActRequest(), Patience.Token);
    }

    [Fact]
    public async Task Ten_people_watch_at_once()
    {
        await desktop.OpenEditorAsync();
        var pages = new List<LivePage>();
        for (var i = 0; i < 10; i++)
        {
            pages.Add(await desktop.OpenAsync(mayControl: false));
        }

        var before = new List<long>();
        foreach (var page in pages)
        {
            await UntilAsync(async () => (await page.LookAsync()).Colours > 10);
            before.Add((await page.LookAsync()).Hash);
        }

        await desktop.Desktop.TypeAsync("Good morning, all ten of you.", cancellationToken: Patience.Token);

        for (var i = 0; i < pages.Count; i++)
        {
            var (page, hash) = (pages[i], before[i]);
            await UntilAsync(async () => (await page.LookAsync()).Hash != hash);
            await page.CloseAsync();
        }
    }

    [Fact]
    public async Task Other_pages_and_strangers_get_nothing()
    {
        using var http = new HttpClient();
        var ticket = (await desktop.LinkAsync(mayControl: true)).Split('#')[1];

        async Task<(int Status, string Body)> SendAsync(HttpMethod method, string path, string? origin)
        {
            using var request = new HttpRequestMessage(method, new Uri(desktop.Server.Url, path));
            if (origin is not null)
            {
                request.Headers.Add("Origin", origin);
            }

            if (method == HttpMethod.Post)
            {
                request.Content = new StringContent($$"""{"ticket":"{{ticket}}"}""", System.Text.Encoding.UTF8, "application/json");
            }

            using var response = await http.SendAsync(request, Patience.Token);
            return ((int)response.StatusCode, await response.Content.ReadAsStringAsync(Patience.Token));
        }

        Assert.Equal(403, (await SendAsync(HttpMethod.Post, "/live/session", origin: null)).Status);
        Assert.Equal(403, (await SendAsync(HttpMethod.Post, "/live/session", "http://localhost:1")).Status);
        Assert.Equal(403, (await SendAsync(HttpMethod.Post, "/live/session", "https://evil.example")).Status);
        Assert.Equal(401, (await SendAsync(HttpMethod.Get, "/live/sessions/AAAAAAAAAAAAAAAA", origin: null)).Status);
        Assert.Equal(404, (await SendAsync(HttpMethod.Get, "/live/../../etc/passwd", origin: null)).Status);
        // None of these has used the ticket up.
        Assert.Equal(200, (await SendAsync(HttpMethod.Post, "/live/session", desktop.Server.Url.GetLeftPart(UriPartial.Authority))).Status);
        Assert.Equal(403, (await SendAsync(HttpMethod.Post, "/live/session", desktop.Server.Url.GetLeftPart(UriPartial.Authority))).Status);
    }

    [Fact]
    public async Task The_link_of_a_server_over_stdio_opens_too()
    {
        await using var program = await HopxProgram.CreateAsync(machine);
        await using var stdio = await program.StartStdioAsync(new Dictionary<string, string> { ["HOPX_TOOLSETS"] = "default,desktop" });
        var id = (await stdio.Client.DoAsync("sandbox_create", new { template = "desktop", conversation = "live" })).SandboxId();

        var link = (await stdio.Client.DoAsync("desktop_take_over", new { action = "ask", sandbox_id = id })).Fact("link");
        var page = await desktop.Browser.OpenAsync(link);
        await page.UntilStateAsync("view");
        await page.PressAsync("#take");
        await page.UntilStateAsync("control");
        await page.PressAsync("#release");
        await page.UntilStateAsync("view");
        var returned = await stdio.Client.DoAsync("desktop_take_over", new { action = "wait", sandbox_id = id });
        await stdio.Client.DoAsync("sandbox_delete", new { sandbox_id = id });
        await page.UntilStateAsync("over");

        Assert.Equal("returned", returned.Fact("status"));
        await page.CloseAsync();
    }

    private IEnumerable<Func<Task>> Acts(string window)
    {
        var acts = desktop.Desktop;
        var stop = Patience.Token;
        return
        [
            () => acts.MoveAsync(1, 1, stop),
            () => acts.ScrollAsync(new ScrollRequest { Amount = 1 }, stop),
            () => acts.DragAsync(new DragRequest { FromX = 1, FromY = 1, ToX = 9, ToY = 9 }, stop),
            () => acts.TypeAsync("x", cancellationToken: stop),
            () => acts.PressAsync("Return", stop),
            () => acts.HotkeyAsync(["ctrl"], "a", stop),
            () => acts.SetClipboardAsync("x", stop),
            () => acts.FocusWindowAsync(window, stop),
            () => acts.CloseWindowAsync(window, stop),
            () => acts.ResizeWindowAsync(window, 500, 400, stop),
            () => acts.SetResolutionAsync(1024, 768, stop),
            () => acts.LaunchAsync(new LaunchRequest { Program = "xterm" }, stop),
            () => acts.ActOnAccessibleAsync(new AccessibilityActionRequest(), stop),
            () => acts.ActAsync(new ActRequest { Actions = [new DesktopAction { Type = "click", X = 1, Y = 1 }] }, stop),
            () => acts.TakeControlAsync(cancellationToken: stop),
        ];
    }

    private static async Task<bool> ReadsToTheEndAsync(DesktopConnection stream)
    {
        var buffer = new byte[4096];
        var patience = Patience.Token;
        try
        {
            while (await stream.ReadAsync(buffer, patience) > 0)
            {
            }
        }
        catch (HopxException broken) when (broken.Code is HopxErrorCode.Unreachable)
        {
            // The end may come without a goodbye.
        }

        return true;
    }

    private static async Task UntilAsync(Func<Task<bool>> isSo)
    {
        // One for all tries: what never comes must end the test.
        var patience = Patience.Token;
        while (!await isSo())
        {
            await Task.Delay(100, patience);
        }
    }

    private static string Picture(string name)
    {
        var directory = Path.Combine(AppContext.BaseDirectory, "live-view");
        Directory.CreateDirectory(directory);
        return Path.Combine(directory, name);
    }
}
