using Hopx.Client;
using Hopx.EndToEnd.Tests.Program;

namespace Hopx.EndToEnd.Tests.Desktop;

/// <summary>Windows, sizes, text on the screen, videos, and programs of the desktop that die.</summary>
public sealed class ScreenTests(DesktopSandbox sandbox) : IClassFixture<DesktopSandbox>
{
    [Fact]
    public async Task A_window_is_listed_moved_resized_minimized_focused_and_closed()
    {
        var window = await sandbox.OpenEditorAsync();

        await sandbox.Desktop.ResizeWindowAsync(window.Id, 700, 420, Patience.Token);
        await sandbox.Desktop.MoveWindowAsync(window.Id, 40, 60, Patience.Token);
        var placed = await FindAsync(window.Id);
        var picture = DesktopSandbox.SizeOfPng(await sandbox.Desktop.CaptureWindowAsync(window.Id, Patience.Token));
        await sandbox.Desktop.MinimizeWindowAsync(window.Id, Patience.Token);
        var minimized = await FindAsync(window.Id);
        await sandbox.Desktop.FocusWindowAsync($"0x{long.Parse(window.Id, System.Globalization.CultureInfo.InvariantCulture):x}", Patience.Token);
        var focused = await FindAsync(window.Id);
        var closed = await sandbox.Desktop.CloseWindowAsync(window.Id, Patience.Token);

        Assert.Equal((40, 60, 700, 420), (placed!.X, placed.Y, placed.Width, placed.Height));
        Assert.Equal((700, 420), picture);
        Assert.True(minimized!.IsMinimized);
        Assert.True(focused is { IsMinimized: false, IsActive: true, Focused: true, IsActiveToo: true });
        Assert.Contains("closed", closed.Message, StringComparison.Ordinal);
        Assert.Null(await FindAsync(window.Id));
        var gone = await Assert.ThrowsAsync<HopxException>(() => sandbox.Desktop.FocusWindowAsync(window.Id, Patience.Token));
        Assert.Equal(404, gone.StatusCode);
    }

    [Fact]
    public async Task The_screen_takes_another_size_and_back()
    {
        var sizes = await sandbox.Desktop.ListResolutionsAsync(Patience.Token);

        var small = await sandbox.Desktop.SetResolutionAsync(1024, 768, Patience.Token);
        var picture = await sandbox.Desktop.ScreenshotAsync(cancellationToken: Patience.Token);
        var large = await sandbox.Desktop.SetResolutionAsync(1920, 1080, Patience.Token);
        var other = await sandbox.Desktop.ScreenshotAsync(cancellationToken: Patience.Token);
        await sandbox.Desktop.SetResolutionAsync(1280, 800, Patience.Token);

        Assert.Contains(sizes, pair => pair is [1920, 1080]);
        Assert.Equal((1024, 768), (small.Width, small.Height));
        Assert.Equal((1024, 768), DesktopSandbox.SizeOfPng(picture.Bytes));
        Assert.Equal((1920, 1080), (large.Width, large.Height));
        Assert.Equal((1920, 1080), DesktopSandbox.SizeOfPng(other.Bytes));
        Assert.Equal(1280, (await sandbox.Desktop.GetDisplayAsync(Patience.Token)).Width);
    }

    [Theory]
    [InlineData("png", null, 1280, 800)]
    [InlineData("jpeg", null, 1280, 800)]
    [InlineData("webp", 800, 800, 500)]
    [InlineData("png", 640, 640, 400)]
    public async Task A_picture_comes_in_the_wanted_format_and_size(string format, int? edge, int width, int height)
    {
        var picture = await sandbox.Desktop.ScreenshotAsync(new ScreenshotRequest { Format = format, MaxEdge = edge }, Patience.Token);
        var bounded = await sandbox.Desktop.ScreenshotAsync(new ScreenshotRequest { Format = format, MaxEdge = edge, MaxBytes = 20_000 }, Patience.Token);

        Assert.Equal((format, width, height), (picture.Format, picture.Width, picture.Height));
        Assert.True(picture.Bytes.AsSpan().StartsWith(format switch { "png" => [0x89, 0x50], "jpeg" => [0xff, 0xd8], _ => "RIFF"u8 }));
        Assert.InRange(bounded.Size, 1, 20_000);
    }

    [Fact]
    public async Task Text_on_the_screen_is_read_found_and_waited_for()
    {
        var window = await sandbox.OpenEditorAsync();
        await sandbox.Desktop.TypeAsync("Sphinx of black quartz judge my vow", cancellationToken: Patience.Token);
        await sandbox.ActAsync();

        var read = await sandbox.Desktop.ReadTextAsync(new OcrRequest { X = window.X, Y = window.Y, Width = window.Width, Height = window.Height }, Patience.Token);
        var found = await sandbox.Desktop.FindTextAsync("black quartz", Patience.Token);
        var bounds = await sandbox.Desktop.GetBoundsAsync("Sphinx", Patience.Token);
        var missing = await sandbox.Desktop.FindTextAsync("Zyzzogeton", Patience.Token);
        var waiting = sandbox.Desktop.WaitForTextAsync("Nevermore", TimeSpan.FromSeconds(60), Patience.Token);
        await sandbox.Desktop.TypeAsync("\n\nNevermore", cancellationToken: Patience.Token);
        var waited = await waiting;
        var late = await Assert.ThrowsAsync<HopxException>(() => sandbox.Desktop.WaitForTextAsync("Zyzzogeton", TimeSpan.FromSeconds(1), Patience.Token));

        Assert.Contains("quartz", read.Text, StringComparison.Ordinal);
        Assert.True(found.Found);
        Assert.InRange(found.Element!.X, window.X, window.X + window.Width);
        Assert.InRange(found.Element.Y, window.Y, window.Y + window.Height);
        Assert.True(bounds.X < found.Element.X);
        Assert.Null(missing.Element);
        Assert.False(missing.Found);
        Assert.True(waited.Element!.Y > bounds.Y);
        Assert.Equal((HopxErrorCode.ExecutionTimeout, 408), (late.Code, late.StatusCode));
    }

    [Theory]
    [InlineData("mp4", "ftyp", 4)]
    [InlineData("webm", "\u001aE", 0)]
    public async Task The_screen_is_recorded(string format, string mark, int offset)
    {
        var started = await sandbox.Desktop.StartRecordingAsync(new RecordingRequest { Fps = 10, Format = format }, Patience.Token);
        var twice = await Assert.ThrowsAsync<HopxException>(() => sandbox.Desktop.StartRecordingAsync(cancellationToken: Patience.Token));
        var early = await Assert.ThrowsAsync<HopxException>(() => sandbox.Desktop.DownloadRecordingAsync(started.RecordingId!, Patience.Token));
        var running = await sandbox.Desktop.GetRecordingAsync(cancellationToken: Patience.Token);
        await sandbox.ActAsync(new DesktopAction { Type = "move", X = 10, Y = 10 }, new DesktopAction { Type = "wait", DurationMs = 500 }, new DesktopAction { Type = "move", X = 600, Y = 400 });
        var stopped = await sandbox.Desktop.StopRecordingAsync(started.RecordingId, Patience.Token);
        await using var video = await sandbox.Desktop.DownloadRecordingAsync(started.RecordingId!, Patience.Token);
        using var bytes = new MemoryStream();
        await video.CopyToAsync(bytes, Patience.Token);
        using var other = await sandbox.SendAsync(HttpMethod.Get, $"recording/{started.RecordingId}/download");

        Assert.Equal((RecordingStatus.Recording, true), (started.Status, started.IsRecording));
        Assert.Equal(HopxErrorCode.Conflict, twice.Code);
        Assert.Equal(HopxErrorCode.Conflict, early.Code);
        Assert.Equal(RecordingStatus.Recording, running.Status);
        Assert.Equal((RecordingStatus.Stopped, format), (stopped.Status, stopped.Format));
        Assert.NotNull(stopped.EndTime);
        Assert.Equal(stopped.FileSize, bytes.Length);
        Assert.Equal(mark, System.Text.Encoding.Latin1.GetString(bytes.ToArray(), offset, mark.Length));
        Assert.Equal(bytes.Length, (await other.Content.ReadAsByteArrayAsync(Patience.Token)).Length);
        Assert.Equal($"video/{format}", other.Content.Headers.ContentType!.MediaType);
    }

    [Fact]
    public async Task A_recording_whose_disk_is_full_has_failed_and_says_so()
    {
        await sandbox.Desktop.LaunchAsync(new LaunchRequest { Program = "xterm", Arguments = ["-e", "while :; do date +%N; done"], WaitMs = 20_000 }, Patience.Token);
        await sandbox.RunAsync("head -c $(($(df --output=avail -B1 /dev/shm | tail -1) - 200000)) /dev/zero > /dev/shm/filler");

        var recording = await sandbox.Desktop.StartRecordingAsync(new RecordingRequest { OutputFile = "/dev/shm/full.mp4", Fps = 60, Quality = "high" }, Patience.Token);
        for (var attempt = 0; attempt < 100 && recording.IsRecording; attempt++)
        {
            await sandbox.ActAsync(new DesktopAction { Type = "wait", DurationMs = 100 });
            recording = await sandbox.Desktop.GetRecordingAsync(cancellationToken: Patience.Token);
        }

        var stopped = await sandbox.Desktop.StopRecordingAsync(cancellationToken: Patience.Token);
        await sandbox.RunAsync("pkill -x xterm; rm -f /dev/shm/filler /dev/shm/full.mp4");

        Assert.Equal((RecordingStatus.Failed, false), (stopped.Status, stopped.IsRecording));
        Assert.Contains("No space left", stopped.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_is_read_where_nothing_is_written()
    {
        var read = await sandbox.Desktop.ReadTextAsync(new OcrRequest { X = 1100, Y = 10, Width = 100, Height = 60 }, Patience.Token);

        Assert.Equal("", read.Text);
        Assert.Empty(read.Words!);
    }

    [Fact]
    public async Task Settling_is_bounded_on_a_screen_that_never_rests()
    {
        await sandbox.Desktop.LaunchAsync(
            new LaunchRequest { Program = "xterm", Arguments = ["-e", "while :; do date +%N; done"], WaitMs = 20_000 }, Patience.Token);

        var result = await sandbox.Desktop.ActAsync(
            new ActRequest { Actions = [new DesktopAction { Type = "move", X = 700, Y = 20 }], Settle = new SettleRequest { QuietMs = 550, MaxMs = 600 } }, Patience.Token);
        await sandbox.RunAsync("pkill -x xterm");

        Assert.False(result.Settled);
        Assert.InRange(result.SettleMs, 200, 5_000);
        Assert.True(result.Changed);
    }

    [Fact]
    public async Task The_window_manager_comes_back_when_it_is_killed()
    {
        await sandbox.OpenEditorAsync();
        await sandbox.RunAsync("pkill -9 -x openbox");

        var notices = await NoticesAsync("window manager");
        var window = await sandbox.OpenEditorAsync();

        Assert.Contains("started again", notices, StringComparison.Ordinal);
        Assert.NotNull(await FindAsync(window.Id));
    }

    [Fact]
    public async Task The_X_server_comes_back_when_it_is_killed_and_the_answer_says_so()
    {
        await sandbox.OpenEditorAsync();
        await sandbox.Desktop.SetClipboardAsync("survives", Patience.Token);
        await sandbox.RunAsync("pkill -9 Xvnc || pkill -9 Xtigervnc");

        var notices = await NoticesAsync("X server");
        var picture = await sandbox.Desktop.ScreenshotAsync(cancellationToken: Patience.Token);
        await sandbox.OpenEditorAsync();
        await sandbox.Desktop.TypeAsync("works", cancellationToken: Patience.Token);

        Assert.Contains("windows are gone", notices, StringComparison.Ordinal);
        Assert.Equal(1280, picture.Width);
        Assert.Equal("works", await sandbox.ReadEditorAsync());
        Assert.Contains("survives", await sandbox.Desktop.GetClipboardHistoryAsync(Patience.Token));
    }

    [Fact]
    public async Task The_desktop_comes_back_when_its_own_program_is_killed()
    {
        await sandbox.Desktop.GetVncAsync(Patience.Token);
        await sandbox.RunAsync("pkill -9 -f /.hopx/desktop");

        DesktopWindow? window = null;
        for (var attempt = 0; window is null && attempt < 3; attempt++)
        {
            try
            {
                window = await sandbox.OpenEditorAsync();
            }
            catch (HopxException ended) when (ended.Code is HopxErrorCode.Conflict)
            {
                // The call that met the dying program is told so.
            }
        }

        Assert.NotNull(window);
    }

    [Fact]
    public async Task The_desktop_belongs_to_an_ordinary_user()
    {
        await sandbox.Desktop.GetVncAsync(Patience.Token);

        var processes = await sandbox.Desktop.ListProcessesAsync(Patience.Token);
        var owners = await sandbox.RunAsync("ps -o user= -C openbox,tint2,hopx-desktop,desktop | sort -u");
        var logs = await sandbox.Desktop.GetLogsAsync(Patience.Token);

        Assert.Contains(processes, process => process.Name is "Xvnc" or "Xtigervnc");
        Assert.Contains(processes, process => process.Name is "openbox");
        Assert.Equal("user", owners.Trim());
        Assert.Contains(logs, line => line.Contains("Xvnc", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Chromium_shows_a_page_of_the_sandbox_without_asking_anything_first()
    {
        await sandbox.RunAsync("mkdir -p /tmp/site && echo '<title>Served inside</title><h1 style=\"font-size:60px\">Greetings traveller</h1>' > /tmp/site/index.html");
        await sandbox.RunAsync("cd /tmp/site && (setsid python3 -m http.server 8123 > /dev/null 2>&1 &)");

        var launched = await sandbox.Desktop.LaunchAsync(
            new LaunchRequest { Program = "chromium", Arguments = ["http://127.0.0.1:8123/"], WaitMs = 30_000 }, Patience.Token);
        var shown = await sandbox.Desktop.WaitForTextAsync("Greetings traveller", TimeSpan.FromSeconds(60), Patience.Token);
        var windows = await sandbox.Desktop.ListWindowsAsync(Patience.Token);
        await sandbox.RunAsync("pkill chromium; pkill -f http.server");

        Assert.NotNull(launched.Window);
        Assert.True(shown.Found);
        Assert.Contains(windows, window => window.Title!.StartsWith("Served inside", StringComparison.Ordinal));
    }

    private async Task<string> NoticesAsync(string about)
    {
        for (var attempt = 0; attempt < 20; attempt++)
        {
            try
            {
                var seen = await sandbox.ActAsync(new DesktopAction { Type = "wait", DurationMs = 200 });
                if (seen.Notices?.FirstOrDefault(notice => notice.Contains(about, StringComparison.Ordinal)) is { } notice)
                {
                    return notice;
                }
            }
            catch (HopxException ended) when (ended.Code is HopxErrorCode.Conflict)
            {
                // The call that met the dying server is told so.
            }
        }

        return "";
    }

    private async Task<DesktopWindow?> FindAsync(string id) => (await sandbox.Desktop.ListWindowsAsync(Patience.Token)).FirstOrDefault(window => window.Id == id);
}
