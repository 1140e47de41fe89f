using System.Net.Http.Json;
using System.Text.Json.Serialization.Metadata;

namespace Hopx.Client;

/// <summary>
/// The desktop of a sandbox whose template has one; others answer <see cref="HopxErrorCode.DesktopNotAvailable"/>. The first call starts it.
/// Coordinates are pixels of the screen.
/// </summary>
public sealed class DesktopClient
{
    // More than the longest that the service waits for a screen to settle, for a program's window or for a desktop to start.
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(30);

    private readonly AgentHttp _http;
    private readonly HopxClientOptions _options;

    internal DesktopClient(AgentHttp http, HopxClientOptions options)
    {
        _http = http;
        _options = options;
    }

    /// <summary>Acts, waits until the screen has settled, and shows it; an addition that the HopX cloud does not have.</summary>
    public Task<ActResult> ActAsync(ActRequest request, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(request);
        return PostAsync("act", request, HopxJson.Default.ActRequest, HopxJson.Default.ActResult, _options.RequestTimeout + Grace, cancellationToken);
    }

    /// <summary>Who has mouse and keyboard; also starts the desktop, or says that there is none. An addition that the HopX cloud does not have.</summary>
    public Task<DesktopControl> GetControlAsync(CancellationToken cancellationToken = default) => GetAsync("control", HopxJson.Default.DesktopControl, cancellationToken);

    /// <summary>
    /// Takes mouse and keyboard for a person: whatever others do is refused with <see cref="HopxErrorCode.DesktopTakenOver"/> until <see cref="ReleaseControlAsync"/>,
    /// until the time is up, or until no controlling stream was open for half a minute. An addition that the HopX cloud does not have.
    /// </summary>
    public Task<DesktopControl> TakeControlAsync(TakeControlRequest? request = null, CancellationToken cancellationToken = default) =>
        PostAsync("control/take", request ?? new(), HopxJson.Default.TakeControlRequest, HopxJson.Default.DesktopControl, cancellationToken);

    /// <summary>An addition that the HopX cloud does not have.</summary>
    public Task<DesktopControl> RenewControlAsync(string lease, TimeSpan? time = null, CancellationToken cancellationToken = default) =>
        PostAsync(
            "control/renew",
            new HeldControlRequest { Lease = lease, Seconds = (int?)time?.TotalSeconds },
            HopxJson.Default.HeldControlRequest,
            HopxJson.Default.DesktopControl,
            cancellationToken);

    /// <summary>Gives mouse and keyboard back, and says what became of the screen. An addition that the HopX cloud does not have.</summary>
    public Task<TakeOverReport> ReleaseControlAsync(string lease, CancellationToken cancellationToken = default) =>
        PostAsync("control/release", new HeldControlRequest { Lease = lease }, HopxJson.Default.HeldControlRequest, HopxJson.Default.TakeOverReport, cancellationToken);

    /// <summary>Waits until a person has given control back. An addition that the HopX cloud does not have.</summary>
    /// <param name="known">Identifier of the last take-over that is known already.</param>
    /// <param name="time">How long at most.</param>
    /// <param name="cancellationToken">The caller's patience.</param>
    public Task<DesktopControl> WaitForControlAsync(string? known, TimeSpan time, CancellationToken cancellationToken = default) =>
        PostAsync(
            "control/wait",
            new ControlWaitRequest { Known = known, Seconds = (int)time.TotalSeconds },
            HopxJson.Default.ControlWaitRequest,
            HopxJson.Default.DesktopControl,
            time + Grace,
            cancellationToken);

    /// <summary>Opens the desktop's RFB stream; the caller disposes it. An addition that the HopX cloud does not have.</summary>
    /// <param name="lease">What the answer to the taking of control named; without one the stream only sees.</param>
    /// <param name="cancellationToken">The caller's patience.</param>
    public async Task<DesktopConnection> ConnectAsync(string? lease = null, CancellationToken cancellationToken = default)
    {
        var socket = await _http.ConnectAsync(
            QueryString.Append("desktop/vnc/stream", ("access", lease is null ? "view" : "control")),
            cancellationToken,
            lease is null ? null : (DesktopConnection.LeaseHeader, lease)).ConfigureAwait(false);
        return new DesktopConnection(socket);
    }

    public Task<VncInfo> StartVncAsync(VncStartRequest? request = null, CancellationToken cancellationToken = default) =>
        PostAsync("vnc/start", request ?? new(), HopxJson.Default.VncStartRequest, HopxJson.Default.VncInfo, cancellationToken);

    public Task<DesktopAnswer> StopVncAsync(CancellationToken cancellationToken = default) => PostAsync("vnc/stop", cancellationToken);

    /// <summary>Also starts the desktop, or says that there is none.</summary>
    public Task<VncInfo> GetVncAsync(CancellationToken cancellationToken = default) => GetAsync("vnc/status", HopxJson.Default.VncInfo, cancellationToken);

    public Task<DesktopAnswer> ClickAsync(int x, int y, string? button = null, int? clicks = null, CancellationToken cancellationToken = default) =>
        PostAsync("mouse/click", new PointerRequest { X = x, Y = y, Button = button ?? "left", Clicks = clicks ?? 1 }, HopxJson.Default.PointerRequest, cancellationToken);

    public Task<DesktopAnswer> MoveAsync(int x, int y, CancellationToken cancellationToken = default) =>
        PostAsync("mouse/move", new PointerRequest { X = x, Y = y }, HopxJson.Default.PointerRequest, cancellationToken);

    public Task<DesktopAnswer> DragAsync(DragRequest request, CancellationToken cancellationToken = default) =>
        PostAsync("mouse/drag", request, HopxJson.Default.DragRequest, cancellationToken);

    public Task<DesktopAnswer> ScrollAsync(ScrollRequest request, CancellationToken cancellationToken = default) =>
        PostAsync("mouse/scroll", request, HopxJson.Default.ScrollRequest, cancellationToken);

    public Task<DesktopAnswer> TypeAsync(string text, int? delayMs = null, CancellationToken cancellationToken = default) =>
        PostAsync(
            "keyboard/type",
            new TypeTextRequest { Text = text, DelayMs = delayMs },
            HopxJson.Default.TypeTextRequest,
            HopxJson.Default.DesktopAnswer,
            _options.RequestTimeout + Grace,
            cancellationToken);

    public Task<DesktopAnswer> PressAsync(string key, CancellationToken cancellationToken = default) =>
        PostAsync("keyboard/press", new KeyRequest { Key = key }, HopxJson.Default.KeyRequest, cancellationToken);

    public Task<DesktopAnswer> PressTogetherAsync(IReadOnlyList<string> modifiers, string key, CancellationToken cancellationToken = default) =>
        PostAsync("keyboard/combination", new KeyRequest { Modifiers = modifiers, Key = key }, HopxJson.Default.KeyRequest, cancellationToken);

    public Task<DesktopAnswer> HotkeyAsync(IReadOnlyList<string> modifiers, string key, CancellationToken cancellationToken = default) =>
        PostAsync("x11/hotkey", new KeyRequest { Modifiers = modifiers, Key = key }, HopxJson.Default.KeyRequest, cancellationToken);

    public async Task<string> GetClipboardAsync(CancellationToken cancellationToken = default)
    {
        var content = await GetAsync("clipboard/get", HopxJson.Default.ClipboardContent, cancellationToken).ConfigureAwait(false);
        return content.Text ?? content.Content ?? "";
    }

    public Task<DesktopAnswer> SetClipboardAsync(string text, CancellationToken cancellationToken = default) =>
        PostAsync("clipboard/set", new ClipboardContent { Text = text, Content = text }, HopxJson.Default.ClipboardContent, cancellationToken);

    /// <summary>Texts that were on the clipboard, newest first.</summary>
    public async Task<IReadOnlyList<string>> GetClipboardHistoryAsync(CancellationToken cancellationToken = default) =>
        (await GetAsync("clipboard/history", HopxJson.Default.ClipboardHistory, cancellationToken).ConfigureAwait(false)).History ?? [];

    /// <summary>The screen as a picture; a service that cannot scale or encode sends native PNG, which the answer says.</summary>
    public Task<Screenshot> ScreenshotAsync(ScreenshotRequest? request = null, CancellationToken cancellationToken = default)
    {
        if (request is { Width: not null, Height: not null })
        {
            return PostAsync("screenshot/region", request, HopxJson.Default.ScreenshotRequest, HopxJson.Default.Screenshot, cancellationToken);
        }

        var path = QueryString.Append(
            "screenshot",
            ("format", request?.Format),
            ("quality", QueryString.Number(request?.Quality)),
            ("max_edge", QueryString.Number(request?.MaxEdge)),
            ("max_pixels", QueryString.Number(request?.MaxPixels)),
            ("max_bytes", QueryString.Number(request?.MaxBytes)),
            ("cursor", request?.Cursor is { } cursor ? (cursor ? "true" : "false") : null));
        return GetAsync(path, HopxJson.Default.Screenshot, cancellationToken);
    }

    public Task<Recording> StartRecordingAsync(RecordingRequest? request = null, CancellationToken cancellationToken = default) =>
        PostAsync("recording/start", request ?? new(), HopxJson.Default.RecordingRequest, HopxJson.Default.Recording, cancellationToken);

    /// <param name="recordingId">The current one when null.</param>
    /// <param name="cancellationToken">The caller's patience.</param>
    public Task<Recording> StopRecordingAsync(string? recordingId = null, CancellationToken cancellationToken = default) =>
        PostAsync(
            "recording/stop", new RecordingSelection { RecordingId = recordingId }, HopxJson.Default.RecordingSelection, HopxJson.Default.Recording, cancellationToken);

    public Task<Recording> GetRecordingAsync(string? recordingId = null, CancellationToken cancellationToken = default) =>
        GetAsync(QueryString.Append("recording/status", ("id", recordingId)), HopxJson.Default.Recording, cancellationToken);

    /// <summary>The video's bytes; disposing the stream ends the transfer.</summary>
    public async Task<Stream> DownloadRecordingAsync(string recordingId, CancellationToken cancellationToken = default)
    {
        var response = await _http.OpenAsync(QueryString.Append("desktop/recording/download", ("id", recordingId)), cancellationToken).ConfigureAwait(false);
        return await response.Content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Windows of applications, the topmost last.</summary>
    public async Task<IReadOnlyList<DesktopWindow>> ListWindowsAsync(CancellationToken cancellationToken = default) =>
        (await GetAsync("windows", HopxJson.Default.WindowList, cancellationToken).ConfigureAwait(false)).Windows ?? [];

    public Task<DesktopAnswer> FocusWindowAsync(string windowId, CancellationToken cancellationToken = default) =>
        WindowAsync("focus", new WindowRequest { WindowId = windowId }, cancellationToken);

    public Task<DesktopAnswer> CloseWindowAsync(string windowId, CancellationToken cancellationToken = default) =>
        WindowAsync("close", new WindowRequest { WindowId = windowId }, cancellationToken);

    public Task<DesktopAnswer> MinimizeWindowAsync(string windowId, CancellationToken cancellationToken = default) =>
        WindowAsync("minimize", new WindowRequest { WindowId = windowId }, cancellationToken);

    public Task<DesktopAnswer> ResizeWindowAsync(string windowId, int width, int height, CancellationToken cancellationToken = default) =>
        WindowAsync("resize", new WindowRequest { WindowId = windowId, Width = width, Height = height }, cancellationToken);

    /// <summary>An addition that the HopX cloud does not have.</summary>
    public Task<DesktopAnswer> MoveWindowAsync(string windowId, int x, int y, CancellationToken cancellationToken = default) =>
        WindowAsync("move", new WindowRequest { WindowId = windowId, X = x, Y = y }, cancellationToken);

    /// <summary>An addition that the HopX cloud does not have.</summary>
    public Task<DesktopAnswer> MaximizeWindowAsync(string windowId, CancellationToken cancellationToken = default) =>
        WindowAsync("maximize", new WindowRequest { WindowId = windowId }, cancellationToken);

    public Task<Display> GetDisplayAsync(CancellationToken cancellationToken = default) => GetAsync("display", HopxJson.Default.Display, cancellationToken);

    public async Task<IReadOnlyList<IReadOnlyList<int>>> ListResolutionsAsync(CancellationToken cancellationToken = default) =>
        (await GetAsync("display/available", HopxJson.Default.ResolutionList, cancellationToken).ConfigureAwait(false)).Resolutions ?? [];

    public Task<Display> SetResolutionAsync(int width, int height, CancellationToken cancellationToken = default) =>
        PostAsync("display/set", new ResolutionRequest { Width = width, Height = height }, HopxJson.Default.ResolutionRequest, HopxJson.Default.Display, cancellationToken);

    public Task<OcrResult> ReadTextAsync(OcrRequest? request = null, CancellationToken cancellationToken = default) =>
        PostAsync("x11/ocr", request ?? new(), HopxJson.Default.OcrRequest, HopxJson.Default.OcrResult, cancellationToken);

    public Task<FoundElement> FindTextAsync(string text, CancellationToken cancellationToken = default) =>
        PostAsync("x11/find_element", new FindTextRequest { Text = text }, HopxJson.Default.FindTextRequest, HopxJson.Default.FoundElement, cancellationToken);

    /// <summary>Waits for text on the screen; <see cref="HopxErrorCode.ExecutionTimeout"/> when it does not come.</summary>
    public Task<FoundElement> WaitForTextAsync(string text, TimeSpan timeout, CancellationToken cancellationToken = default) =>
        PostAsync(
            "x11/wait_for",
            new FindTextRequest { Text = text, Timeout = timeout.TotalSeconds },
            HopxJson.Default.FindTextRequest,
            HopxJson.Default.FoundElement,
            timeout + Grace,
            cancellationToken);

    public Task<ScreenElement> GetBoundsAsync(string text, CancellationToken cancellationToken = default) =>
        PostAsync("x11/get_bounds", new FindTextRequest { Text = text }, HopxJson.Default.FindTextRequest, HopxJson.Default.ScreenElement, cancellationToken);

    public Task<DesktopAnswer> DragAndDropAsync(DragRequest request, CancellationToken cancellationToken = default) =>
        PostAsync("x11/drag_drop", request, HopxJson.Default.DragRequest, cancellationToken);

    /// <summary>PNG of one window, with what lies over it.</summary>
    /// <param name="windowId">The active window when null.</param>
    /// <param name="cancellationToken">The caller's patience.</param>
    public async Task<byte[]> CaptureWindowAsync(string? windowId = null, CancellationToken cancellationToken = default)
    {
        using var response = await _http.OpenAsync(QueryString.Append("desktop/x11/capture_window", ("window_id", windowId)), cancellationToken).ConfigureAwait(false);
        await response.Content.LoadIntoBufferAsync(_options.MaxAnswerBytes, cancellationToken).ConfigureAwait(false);
        return await response.Content.ReadAsByteArrayAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Starts a program on the desktop as its user; an addition that the HopX cloud does not have.</summary>
    public Task<LaunchResult> LaunchAsync(LaunchRequest request, CancellationToken cancellationToken = default) =>
        PostAsync("launch", request, HopxJson.Default.LaunchRequest, HopxJson.Default.LaunchResult, _options.RequestTimeout + Grace, cancellationToken);

    /// <summary>Elements as applications describe them to assistive technology; an addition that the HopX cloud does not have.</summary>
    public Task<AccessibilityElements> FindAccessibleAsync(AccessibilityRequest request, CancellationToken cancellationToken = default) =>
        PostAsync("accessibility/find", request, HopxJson.Default.AccessibilityRequest, HopxJson.Default.AccessibilityElements, cancellationToken);

    /// <summary>Does what the element of <see cref="FindAccessibleAsync"/> offers; an addition that the HopX cloud does not have.</summary>
    public Task<DesktopAnswer> ActOnAccessibleAsync(AccessibilityActionRequest request, CancellationToken cancellationToken = default) =>
        PostAsync("accessibility/act", request, HopxJson.Default.AccessibilityActionRequest, cancellationToken);

    public async Task<IReadOnlyList<string>> GetLogsAsync(CancellationToken cancellationToken = default) =>
        (await GetAsync("debug/logs", HopxJson.Default.DesktopLogs, cancellationToken).ConfigureAwait(false)).Logs ?? [];

    public async Task<IReadOnlyList<DesktopProcess>> ListProcessesAsync(CancellationToken cancellationToken = default) =>
        (await GetAsync("debug/processes", HopxJson.Default.DesktopProcesses, cancellationToken).ConfigureAwait(false)).Processes ?? [];

    private Task<DesktopAnswer> WindowAsync(string verb, WindowRequest request, CancellationToken cancellationToken) =>
        PostAsync($"windows/{verb}", request, HopxJson.Default.WindowRequest, cancellationToken);

    private Task<T> GetAsync<T>(string path, JsonTypeInfo<T> answer, CancellationToken cancellationToken) =>
        _http.SendAsync(HttpMethod.Get, $"desktop/{path}", answer, cancellationToken);

    private Task<DesktopAnswer> PostAsync(string path, CancellationToken cancellationToken) =>
        _http.SendAsync(
            HttpMethod.Post, $"desktop/{path}", content: null, HopxJson.Default.DesktopAnswer, _options.RequestTimeout, cancellationToken, () => new DesktopAnswer());

    private Task<DesktopAnswer> PostAsync<TBody>(string path, TBody body, JsonTypeInfo<TBody> type, CancellationToken cancellationToken) =>
        _http.SendAsync(
            HttpMethod.Post,
            $"desktop/{path}",
            () => JsonContent.Create(body, type),
            HopxJson.Default.DesktopAnswer,
            _options.RequestTimeout,
            cancellationToken,
            () => new DesktopAnswer());

    private Task<TAnswer> PostAsync<TBody, TAnswer>(
        string path, TBody body, JsonTypeInfo<TBody> type, JsonTypeInfo<TAnswer> answer, CancellationToken cancellationToken) =>
        PostAsync(path, body, type, answer, _options.RequestTimeout, cancellationToken);

    private Task<TAnswer> PostAsync<TBody, TAnswer>(
        string path, TBody body, JsonTypeInfo<TBody> type, JsonTypeInfo<TAnswer> answer, TimeSpan timeout, CancellationToken cancellationToken) =>
        _http.SendAsync(HttpMethod.Post, $"desktop/{path}", body, type, answer, timeout, cancellationToken);
}
