using System.Net;
using System.Text.Json;
using Hopx.Client;
using Hopx.EndToEnd.Tests.Program;

namespace Hopx.EndToEnd.Tests.Desktop;

/// <summary>The names, verbs and shapes that HopX's clients expect.</summary>
public sealed class RouteTests(DesktopSandbox sandbox) : IClassFixture<DesktopSandbox>
{
    [Fact]
    public async Task A_template_without_a_desktop_says_what_is_missing()
    {
        var plain = await sandbox.Client.Sandboxes.CreateAsync(new CreateSandboxRequest { TemplateName = "base", TimeoutSeconds = 600 }, Patience.Token);

        using var response = await sandbox.SendAsync(plain, HttpMethod.Get, "vnc/status");
        var body = JsonDocument.Parse(await response.Content.ReadAsStringAsync(Patience.Token)).RootElement;
        var failure = await Assert.ThrowsAsync<HopxException>(() => sandbox.Client.Agent(plain.Id).Desktop.ScreenshotAsync(cancellationToken: Patience.Token));

        Assert.Equal(HttpStatusCode.Conflict, response.StatusCode);
        Assert.Equal("DESKTOP_NOT_AVAILABLE", body.GetProperty("code").GetString());
        Assert.Contains("tigervnc-standalone-server", body.GetProperty("details").GetProperty("missing_dependencies").EnumerateArray().Select(name => name.GetString()));
        Assert.Equal(HopxErrorCode.DesktopNotAvailable, failure.Code);
        await sandbox.Client.Sandboxes.DeleteAsync(plain.Id, Patience.Token);
    }

    [Theory]
    [InlineData("vnc/start")]
    [InlineData("vnc/status")]
    [InlineData("vnc/info")]
    [InlineData("vnc/stop")]
    [InlineData("mouse/click?x=30&y=40")]
    [InlineData("mouse/move?x=31&y=41")]
    [InlineData("mouse/drag?from_x=10&from_y=10&to_x=60&to_y=60")]
    [InlineData("mouse/scroll?amount=1&direction=down")]
    [InlineData("mouse/scroll?x=50&y=50&delta_y=1")]
    [InlineData("keyboard/type?text=x")]
    [InlineData("keyboard/press?key=Escape")]
    [InlineData("keyboard/combination?modifiers=ctrl&key=a")]
    [InlineData("keyboard/combination?keys=ctrl&keys=a")]
    [InlineData("x11/hotkey?modifiers=ctrl&key=a")]
    [InlineData("clipboard/set?text=x")]
    [InlineData("clipboard/set?content=x")]
    [InlineData("clipboard/get")]
    [InlineData("clipboard/history")]
    [InlineData("screenshot")]
    [InlineData("screenshot/region?x=1&y=2&width=30&height=40")]
    [InlineData("windows")]
    [InlineData("windows/list")]
    [InlineData("display")]
    [InlineData("display/info")]
    [InlineData("display/current")]
    [InlineData("display/available")]
    [InlineData("display/resolutions")]
    [InlineData("display/set?width=1280&height=800")]
    [InlineData("display/resolution?width=1280&height=800")]
    [InlineData("x11/ocr?x=0&y=0&width=40&height=40")]
    [InlineData("x11/find_element?text=nowhere")]
    [InlineData("x11/drag_drop?from_x=10&from_y=10&to_x=60&to_y=60")]
    [InlineData("x11/drag-drop?from_x=10&from_y=10&to_x=60&to_y=60")]
    [InlineData("debug/logs")]
    [InlineData("debug/processes")]
    [InlineData("act")]
    public async Task A_route_answers_to_both_verbs(string path)
    {
        await sandbox.AskAsync(HttpMethod.Get, path);
        await sandbox.AskAsync(HttpMethod.Post, path);
        await sandbox.AskAsync(HttpMethod.Post, path, path.Contains('?', StringComparison.Ordinal) ? BodyOf(path) : "{}");
    }

    [Fact]
    public async Task A_picture_is_bytes_or_JSON_as_the_caller_accepts()
    {
        using var bytes = await sandbox.SendAsync(HttpMethod.Get, "screenshot");
        var json = await sandbox.AskAsync(HttpMethod.Get, "screenshot");
        using var region = await sandbox.SendAsync(HttpMethod.Post, "screenshot/region", """{"x":10,"y":20,"width":300,"height":200}""");
        var buffer = await sandbox.AskAsync(HttpMethod.Post, "screenshot/region", """{"x":10,"y":20,"width":300,"height":200}""");

        Assert.Equal("image/png", bytes.Content.Headers.ContentType?.MediaType);
        Assert.Equal((1280, 800), DesktopSandbox.SizeOfPng(await bytes.Content.ReadAsByteArrayAsync(Patience.Token)));
        Assert.Equal("png", json.GetProperty("format").GetString());
        Assert.Equal((1280, 800), (json.GetProperty("width").GetInt32(), json.GetProperty("height").GetInt32()));
        Assert.Equal(json.GetProperty("size").GetInt32(), json.GetProperty("image").GetBytesFromBase64().Length);
        Assert.Equal((300, 200), DesktopSandbox.SizeOfPng(await region.Content.ReadAsByteArrayAsync(Patience.Token)));
        Assert.Equal("Buffer", buffer.GetProperty("type").GetString());
        Assert.Equal((300, 200), DesktopSandbox.SizeOfPng([.. buffer.GetProperty("data").EnumerateArray().Select(value => value.GetByte())]));
    }

    [Fact]
    public async Task VNC_listens_between_start_and_stop_and_its_password_is_in_no_address()
    {
        var started = await sandbox.Desktop.StartVncAsync(cancellationToken: Patience.Token);
        var banner = await sandbox.RunAsync("bash -c 'exec 3<>/dev/tcp/127.0.0.1/5901; head -c 12 <&3'");
        await sandbox.Desktop.StopVncAsync(Patience.Token);
        var refused = await sandbox.RunAsync("bash -c 'exec 3<>/dev/tcp/127.0.0.1/5901' 2>&1");
        var stopped = await sandbox.AskAsync(HttpMethod.Get, "vnc/info");

        Assert.True(started.Running);
        Assert.Equal((1, 5901, 8), (started.Display, started.Port, started.Password!.Length));
        Assert.DoesNotContain(started.Password, started.Url, StringComparison.Ordinal);
        Assert.Equal("RFB 003.008", banner.Trim());
        Assert.Contains("refused", refused, StringComparison.OrdinalIgnoreCase);
        Assert.False(stopped.GetProperty("running").GetBoolean());
        Assert.Equal(JsonValueKind.Number, stopped.GetProperty("display").ValueKind);
    }

    [Fact]
    public async Task Ten_viewers_see_the_screen_and_its_changes_over_WebSockets()
    {
        var password = (await sandbox.Desktop.StartVncAsync(cancellationToken: Patience.Token)).Password!;
        var address = new UriBuilder(new Uri(new Uri(sandbox.Made.PublicHost!), "/desktop/vnc/stream")) { Scheme = "ws" }.Uri;

        var viewers = await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => RfbViewer.ConnectAsync(address, sandbox.Made.AuthToken!, password, Patience.Token)));
        var whole = await Task.WhenAll(viewers.Select(viewer => viewer.NextAsync(onlyChanges: false, Patience.Token)));
        var changes = viewers.Select(viewer => viewer.NextAsync(onlyChanges: true, Patience.Token)).ToList();
        var menu = await sandbox.ActAsync(DesktopSandbox.Click(1150, 60, "right"));
        var changed = await Task.WhenAll(changes);
        await sandbox.ActAsync(DesktopSandbox.Key("Escape"));
        foreach (var viewer in viewers)
        {
            viewer.Dispose();
        }

        Assert.True(menu.Changed);
        Assert.All(viewers, viewer => Assert.Equal((1280, 800), (viewer.Width, viewer.Height)));
        Assert.All(whole, pixels => Assert.Equal(1280 * 800, pixels));
        Assert.All(changed, pixels => Assert.InRange(pixels, 1, 1280 * 800));
    }

    private static string BodyOf(string path)
    {
        var fields = path[(path.IndexOf('?', StringComparison.Ordinal) + 1)..].Split('&').Select(pair => pair.Split('=')).GroupBy(pair => pair[0], pair => pair[1]);
        return $"{{{string.Join(',', fields.Select(field => $"\"{field.Key}\":{Value(field.Key, [.. field])}"))}}}";

        static string Value(string name, string[] values) =>
            name is "keys" or "modifiers" ? $"[{string.Join(',', values.Select(value => $"\"{value}\""))}]" : int.TryParse(values[0], out _) ? values[0] : $"\"{values[0]}\"";
    }
}
