using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Hopx.Client;
using Microsoft.Extensions.Options;

namespace Hopx.Desktop;

/// <summary>Every desktop route under every name that clients have for it, each for GET and POST.</summary>
internal static class DesktopRoutes
{
    private const int MostNotchesOfPixels = 20;
    private const int PixelsPerNotch = 100;
    private const long MostJsonVideoBytes = 4 * 1024 * 1024;

    private static readonly TimeSpan CopyPatience = TimeSpan.FromSeconds(2);

    private static readonly string[] Verbs = ["GET", "POST"];

    public static void MapDesktop(this IEndpointRouteBuilder routes)
    {
        MapVnc(routes);
        MapPointer(routes);
        MapKeyboard(routes);
        MapClipboard(routes);
        MapPictures(routes);
        MapRecording(routes);
        MapWindows(routes);
        MapDisplay(routes);
        MapText(routes);
        MapDebug(routes);
        MapControl(routes);
        Map(routes, ["/act"], async (http, services, token) =>
        {
            var request = await RouteBody.ReadAsync(http, HopxJson.Default.ActRequest) ?? new();
            await AnswerAsync(http, await services.GetRequiredService<ActionEngine>().ActAsync(request, token), HopxJson.Default.ActResult);
        });
        Map(routes, ["/accessibility/tree", "/accessibility/find"], async (http, services, token) =>
        {
            var request = await RouteBody.ReadAsync(http, HopxJson.Default.AccessibilityRequest);
            await AnswerAsync(http, await services.GetRequiredService<ElementFinder>().FindAsync(request, token), HopxJson.Default.AccessibilityElements);
        });
        Map(routes, ["/accessibility/act"], async (http, services, token) =>
        {
            services.GetRequiredService<WritingLease>().ThrowIfTaken();
            await services.GetRequiredService<ElementFinder>().ActAsync(await RouteBody.ReadAsync(http, HopxJson.Default.AccessibilityActionRequest), token);
            await SucceedAsync(http, "Done.");
        });
        Map(routes, ["/launch"], async (http, services, token) =>
        {
            var request = await RouteBody.ReadAsync(http, HopxJson.Default.LaunchRequest);
            services.GetRequiredService<WritingLease>().ThrowIfTaken();
            await AnswerAsync(http, await services.GetRequiredService<ProgramLauncher>().LaunchAsync(request, token), HopxJson.Default.LaunchResult);
        });
    }

    private static void MapVnc(IEndpointRouteBuilder routes)
    {
        Map(routes, ["/vnc/start"], async (http, services, token) =>
        {
            var request = await RouteBody.ReadAsync(http, HopxJson.Default.VncStartRequest);
            await services.GetRequiredService<DesktopSupervisor>().GetAsync(token);
            var vnc = services.GetRequiredService<VncRelay>();
            await vnc.StartAsync(request, token);
            await AnswerAsync(http, vnc.Describe(http), HopxJson.Default.VncInfo);
        });
        Map(routes, ["/vnc/stop"], async (http, services, _) =>
        {
            services.GetRequiredService<VncRelay>().Stop();
            await SucceedAsync(http, "VNC is stopped; the desktop goes on.");
        });
        Map(routes, ["/vnc/status", "/vnc/info"], async (http, services, token) =>
        {
            await services.GetRequiredService<DesktopSupervisor>().GetAsync(token);
            await AnswerAsync(http, services.GetRequiredService<VncRelay>().Describe(http), HopxJson.Default.VncInfo);
        });
        Map(routes, ["/vnc/stream"], async (http, services, token) =>
        {
            await services.GetRequiredService<DesktopSupervisor>().GetAsync(token);
            await services.GetRequiredService<VncRelay>().ServeWebSocketAsync(http);
        });
    }

    private static void MapPointer(IEndpointRouteBuilder routes)
    {
        Map(routes, ["/mouse/click"], (http, services, token) => ActAsync(http, services, HopxJson.Default.PointerRequest, "Clicked",
            (session, request, until) => session.Pointer.ClickAsync(request.X, request.Y, request.Button, request.Clicks, modifiers: null), token));
        Map(routes, ["/mouse/move"], (http, services, token) => ActAsync(http, services, HopxJson.Default.PointerRequest, "Moved", (session, request, until) =>
        {
            if (request is { X: null, Y: null })
            {
                throw new HopxException(HopxErrorCode.MissingParameter, "'x' and 'y' are missing. Give the point to move to.");
            }

            session.Pointer.Move(request.X, request.Y);
            return Task.CompletedTask;
        }, token));
        Map(routes, ["/mouse/drag", "/x11/drag_drop", "/x11/drag-drop"], (http, services, token) => ActAsync(http, services, HopxJson.Default.DragRequest, "Dragged", (session, request, until) =>
        {
            if (request.FromX is not { } fromX || request.FromY is not { } fromY || request.ToX is not { } toX || request.ToY is not { } toY)
            {
                throw new HopxException(HopxErrorCode.MissingParameter, "A drag needs 'from_x', 'from_y', 'to_x' and 'to_y'. Give all four.");
            }

            return session.Pointer.DragAsync([new ScreenPoint { X = fromX, Y = fromY }, new ScreenPoint { X = toX, Y = toY }], request.Button, modifiers: null, until);
        }, token));
        Map(routes, ["/mouse/scroll"], (http, services, token) => ActAsync(http, services, HopxJson.Default.ScrollRequest, "Scrolled", (session, request, until) =>
        {
            var (right, down) = NotchesOf(request);
            return session.Pointer.ScrollAsync(request.X, request.Y, right, down, modifiers: null);
        }, token));
    }

    private static void MapKeyboard(IEndpointRouteBuilder routes)
    {
        Map(routes, ["/keyboard/type"], (http, services, token) => ActAsync(http, services, HopxJson.Default.TypeTextRequest, "Typed", (session, request, until) =>
        {
            var text = request.Text ?? throw new HopxException(HopxErrorCode.MissingParameter, "'text' is missing. Give the text to type.");
            return request.DelayMs is < 0 or > 10_000
                ? throw new HopxException(HopxErrorCode.InvalidRequest, $"'delay_ms' is {request.DelayMs}; it must be from 0 to 10000.")
                : session.Keyboard.TypeAsync(text, TimeSpan.FromMilliseconds(request.DelayMs ?? 0), until);
        }, token));
        Map(routes, ["/keyboard/press", "/keyboard/combination", "/x11/hotkey"], (http, services, token) => ActAsync(http, services, HopxJson.Default.KeyRequest, "Pressed",
            (session, request, until) => session.Keyboard.PressAsync(
                [.. request.Modifiers ?? [], .. request.Keys ?? [], .. request.Key is null ? (ReadOnlySpan<string>)[] : [request.Key]], 1, TimeSpan.Zero, until), token));
    }

    private static void MapClipboard(IEndpointRouteBuilder routes)
    {
        Map(routes, ["/clipboard/set"], async (http, services, token) =>
        {
            var request = await RouteBody.ReadAsync(http, HopxJson.Default.ClipboardContent);
            var text = request?.Text ?? request?.Content ?? throw new HopxException(HopxErrorCode.MissingParameter, "'text' is missing. Give the text, or \"\" to clear the clipboard.");
            var session = await services.GetRequiredService<DesktopSupervisor>().GetAsync(token);
            services.GetRequiredService<WritingLease>().ThrowIfTaken();
            session.Clipboard.Set(text);
            await SucceedAsync(http, "The clipboard is set.");
        });
        Map(routes, ["/clipboard/get"], async (http, services, token) =>
        {
            var session = await services.GetRequiredService<DesktopSupervisor>().GetAsync(token);
            // A copy by the keys just pressed must have been made by now.
            await session.Ping.AnsweredAsync(CopyPatience, token);
            var text = await session.Clipboard.GetAsync(token);
            await AnswerAsync(http, new ClipboardContent { Text = text, Content = text }, HopxJson.Default.ClipboardContent);
        });
        Map(routes, ["/clipboard/history"], async (http, services, token) =>
        {
            var session = await services.GetRequiredService<DesktopSupervisor>().GetAsync(token);
            await AnswerAsync(http, new ClipboardHistory { History = session.Clipboard.History }, HopxJson.Default.ClipboardHistory);
        });
    }

    private static void MapPictures(IEndpointRouteBuilder routes)
    {
        Map(routes, ["/screenshot"], (http, services, token) => ShowAsync(http, services, isRegion: false, token));
        Map(routes, ["/screenshot/region"], (http, services, token) => ShowAsync(http, services, isRegion: true, token));
        Map(routes, ["/x11/capture_window"], async (http, services, token) =>
        {
            var request = await RouteBody.ReadAsync(http, HopxJson.Default.WindowRequest);
            var picture = await services.GetRequiredService<DesktopSupervisor>().LookAsync(
                session =>
                {
                    using var frame = session.Screen.Capture(session.Windows.Bounds(request?.WindowId));
                    return Task.FromResult(PngWriter.Write(frame));
                },
                token);
            await WriteAsync(http, "image/png", picture);
        });
    }

    private static void MapRecording(IEndpointRouteBuilder routes)
    {
        Map(routes, ["/recording/start"], async (http, services, token) => await AnswerAsync(
            http,
            await services.GetRequiredService<ScreenRecorder>().StartAsync(await RouteBody.ReadAsync(http, HopxJson.Default.RecordingRequest), token),
            HopxJson.Default.Recording));
        Map(routes, ["/recording/stop"], async (http, services, token) => await AnswerAsync(
            http,
            await services.GetRequiredService<ScreenRecorder>().StopAsync((await RouteBody.ReadAsync(http, HopxJson.Default.RecordingSelection))?.RecordingId ?? http.Request.Query["id"], token),
            HopxJson.Default.Recording));
        Map(routes, ["/recording/status"], async (http, services, _) => await AnswerAsync(
            http,
            services.GetRequiredService<ScreenRecorder>().Get((await RouteBody.ReadAsync(http, HopxJson.Default.RecordingSelection))?.RecordingId ?? http.Request.Query["id"]),
            HopxJson.Default.Recording));
        Map(routes, ["/recording/download", "/recording/{id}/download"], async (http, services, token) =>
        {
            var id = http.Request.RouteValues["id"] as string ?? http.Request.Query["id"].ToString();
            await SendVideoAsync(http, services.GetRequiredService<ScreenRecorder>().PathOf(id), token);
        });
    }

    private static void MapWindows(IEndpointRouteBuilder routes)
    {
        Map(routes, ["/windows", "/windows/list"], async (http, services, token) =>
        {
            var windows = (await services.GetRequiredService<DesktopSupervisor>().GetAsync(token)).Windows.List();
            await AnswerAsync(http, new WindowList { Windows = windows, Count = windows.Count }, HopxJson.Default.WindowList);
        });
        Map(routes, ["/windows/focus"], (http, services, token) => ActAsync(
            http, services, HopxJson.Default.WindowRequest, "The window has the focus.", (session, request, until) => session.Windows.FocusAsync(request.WindowId, until), token));
        Map(routes, ["/windows/minimize"], (http, services, token) => ActAsync(
            http, services, HopxJson.Default.WindowRequest, "The window is minimized.", (session, request, until) => session.Windows.MinimizeAsync(request.WindowId, until), token));
        Map(routes, ["/windows/maximize"], (http, services, token) => ActAsync(
            http, services, HopxJson.Default.WindowRequest, "The window is maximized.", (session, request, until) => session.Windows.MaximizeAsync(request.WindowId, until), token));
        Map(routes, ["/windows/resize", "/windows/move"], (http, services, token) => ActAsync(
            http, services, HopxJson.Default.WindowRequest, "The window is in its place.", (session, request, until) => session.Windows.PlaceAsync(request, until), token));
        Map(routes, ["/windows/close"], async (http, services, token) =>
        {
            var request = await RouteBody.ReadAsync(http, HopxJson.Default.WindowRequest);
            var isGone = false;
            await services.GetRequiredService<ActionEngine>().DoAsync(async (session, until) => isGone = await session.Windows.CloseAsync(request?.WindowId, until), token);
            await SucceedAsync(http, isGone ? "The window is closed." : "The window was asked to close and is still there; its program may ask something first. Take a screenshot to see.");
        });
    }

    private static void MapDisplay(IEndpointRouteBuilder routes)
    {
        Map(routes, ["/display", "/display/info", "/display/current"], async (http, services, token) =>
        {
            var session = await services.GetRequiredService<DesktopSupervisor>().GetAsync(token);
            await AnswerAsync(http, session.Sizes.Current(NameOf(services)), HopxJson.Default.Display);
        });
        Map(routes, ["/display/available", "/display/resolutions", "/available/resolutions"], async (http, services, token) =>
        {
            var session = await services.GetRequiredService<DesktopSupervisor>().GetAsync(token);
            await AnswerAsync(http, new ResolutionList { Resolutions = session.Sizes.Available() }, HopxJson.Default.ResolutionList);
        });
        Map(routes, ["/display/set", "/display/resolution", "/set/resolution"], async (http, services, token) =>
        {
            var request = await RouteBody.ReadAsync(http, HopxJson.Default.ResolutionRequest);
            Hopx.Client.Display? display = null;
            await services.GetRequiredService<ActionEngine>().DoAsync(
                async (session, until) =>
                {
                    await session.Sizes.SetAsync(request?.Width, request?.Height, until);
                    display = session.Sizes.Current(NameOf(services));
                },
                token);
            await AnswerAsync(http, display!, HopxJson.Default.Display);
        });

        static string NameOf(IServiceProvider services) => services.GetRequiredService<IOptions<DesktopOptions>>().Value.DisplayName;
    }

    private static void MapText(IEndpointRouteBuilder routes)
    {
        Map(routes, ["/x11/ocr"], async (http, services, token) => await AnswerAsync(
            http, await services.GetRequiredService<ScreenReader>().ReadAsync(await RouteBody.ReadAsync(http, HopxJson.Default.OcrRequest), token), HopxJson.Default.OcrResult));
        Map(routes, ["/x11/find_element"], async (http, services, token) =>
        {
            var found = await services.GetRequiredService<ScreenReader>().FindAsync(await RouteBody.ReadAsync(http, HopxJson.Default.FindTextRequest), token);
            if (found.Element is null)
            {
                // The SDKs read the key whether there is something or not; nulls are otherwise left out.
                await WriteAsync(http, "application/json; charset=utf-8", """{"element":null,"found":false,"elements":[]}"""u8.ToArray());
                return;
            }

            await AnswerAsync(http, found, HopxJson.Default.FoundElement);
        });
        Map(routes, ["/x11/wait_for"], async (http, services, token) => await AnswerAsync(
            http, await services.GetRequiredService<ScreenReader>().WaitAsync(await RouteBody.ReadAsync(http, HopxJson.Default.FindTextRequest), token), HopxJson.Default.FoundElement));
        Map(routes, ["/x11/get_bounds"], async (http, services, token) => await AnswerAsync(
            http, await services.GetRequiredService<ScreenReader>().BoundsAsync(await RouteBody.ReadAsync(http, HopxJson.Default.FindTextRequest), token), HopxJson.Default.ScreenElement));
    }

    private static void MapDebug(IEndpointRouteBuilder routes)
    {
        Map(routes, ["/debug/logs"], (http, services, _) => AnswerAsync(
            http, new DesktopLogs { Logs = services.GetRequiredService<DesktopLog>().Lines() }, HopxJson.Default.DesktopLogs));
        Map(routes, ["/debug/processes"], (http, _, _) => AnswerAsync(http, new DesktopProcesses { Processes = ProcessList.Read() }, HopxJson.Default.DesktopProcesses));
    }

    private static void MapControl(IEndpointRouteBuilder routes)
    {
        Map(routes, ["/control"], async (http, services, token) =>
        {
            await services.GetRequiredService<DesktopSupervisor>().GetAsync(token);
            await AnswerAsync(http, services.GetRequiredService<WritingLease>().Describe(), HopxJson.Default.DesktopControl);
        });
        Map(routes, ["/control/take"], async (http, services, token) => await AnswerAsync(
            http,
            await services.GetRequiredService<TakeOver>().TakeAsync(await RouteBody.ReadAsync(http, HopxJson.Default.TakeControlRequest), token),
            HopxJson.Default.DesktopControl));
        Map(routes, ["/control/renew"], async (http, services, _) => await AnswerAsync(
            http,
            services.GetRequiredService<WritingLease>().Renew(await RouteBody.ReadAsync(http, HopxJson.Default.HeldControlRequest)),
            HopxJson.Default.DesktopControl));
        Map(routes, ["/control/release"], async (http, services, token) => await AnswerAsync(
            http,
            await services.GetRequiredService<TakeOver>().ReleaseAsync(await RouteBody.ReadAsync(http, HopxJson.Default.HeldControlRequest), token),
            HopxJson.Default.TakeOverReport));
        Map(routes, ["/control/wait"], async (http, services, token) => await AnswerAsync(
            http,
            await services.GetRequiredService<TakeOver>().WaitAsync(await RouteBody.ReadAsync(http, HopxJson.Default.ControlWaitRequest), token),
            HopxJson.Default.DesktopControl));
    }

    private static void Map(IEndpointRouteBuilder routes, string[] paths, Func<HttpContext, IServiceProvider, CancellationToken, Task> handle)
    {
        foreach (var path in paths)
        {
            routes.MapMethods($"/desktop{path}", Verbs, (RequestDelegate)(http => handle(http, http.RequestServices, http.RequestAborted)));
        }
    }

    private static async Task ActAsync<T>(
        HttpContext http, IServiceProvider services, JsonTypeInfo<T> type, string done, Func<DesktopSession, T, CancellationToken, Task> action, CancellationToken token)
        where T : class, new()
    {
        var request = await RouteBody.ReadAsync(http, type) ?? new T();
        await services.GetRequiredService<ActionEngine>().DoAsync((session, until) => action(session, request, until), token);
        await SucceedAsync(http, done);
    }

    private static async Task ShowAsync(HttpContext http, IServiceProvider services, bool isRegion, CancellationToken token)
    {
        var request = await RouteBody.ReadAsync(http, HopxJson.Default.ScreenshotRequest) ?? new();
        if (isRegion && request is { Width: null } or { Height: null, X: not null })
        {
            throw new HopxException(HopxErrorCode.MissingParameter, "'width' and 'height' are missing. Give the region's size in pixels.");
        }

        var now = services.GetRequiredService<TimeProvider>().GetUtcNow();
        var accept = http.Request.Headers.Accept.ToString();
        var wantsJson = accept.TrimStart().StartsWith("application/json", StringComparison.OrdinalIgnoreCase);
        // A caller of JSON and nothing else can decode base64; the JavaScript SDK, which takes anything, makes its bytes of the numbers.
        var withData = isRegion && wantsJson && accept.Contains(',');
        var picture = await services.GetRequiredService<DesktopSupervisor>().LookAsync(
            session => Task.FromResult(ScreenPictures.Take(session.Screen, request, now, withData)), token);
        if (wantsJson)
        {
            await AnswerAsync(http, picture, HopxJson.Default.Screenshot);
        }
        else
        {
            await WriteAsync(http, picture.MediaType, picture.Bytes);
        }
    }

    private static async Task SendVideoAsync(HttpContext http, string path, CancellationToken token)
    {
        var file = new FileInfo(path);
        var type = path.EndsWith(".webm", StringComparison.OrdinalIgnoreCase) ? "video/webm" : "video/mp4";
        if (file.Length <= MostJsonVideoBytes && http.Request.Headers.Accept.ToString().TrimStart().StartsWith("application/json", StringComparison.OrdinalIgnoreCase))
        {
            // The JavaScript SDK reads every body as text, which no video survives.
            var bytes = await File.ReadAllBytesAsync(path, token);
            await AnswerAsync(
                http, new Screenshot { Type = "Buffer", Data = [.. bytes.Select(value => (int)value)], Format = type["video/".Length..], Size = bytes.Length }, HopxJson.Default.Screenshot);
            return;
        }

        http.Response.ContentType = type;
        http.Response.ContentLength = file.Length;
        await http.Response.SendFileAsync(path, 0, file.Length, token);
    }

    private static (int Right, int Down) NotchesOf(ScrollRequest request)
    {
        if (request is { DeltaX: null, DeltaY: null, Amount: null })
        {
            throw new HopxException(HopxErrorCode.MissingParameter, "'amount' is missing. Give a number of notches with a 'direction', or 'delta_y'.");
        }

        if (request.Amount is not { } amount)
        {
            return (Notches(request.DeltaX ?? 0), Notches(request.DeltaY ?? 0));
        }

        return request.Direction?.ToLowerInvariant() switch
        {
            "up" => (0, -amount),
            null or "" or "down" => (0, amount),
            "left" => (-amount, 0),
            "right" => (amount, 0),
            _ => throw new HopxException(HopxErrorCode.InvalidRequest, $"The direction '{request.Direction}' is unknown. Use up, down, left or right."),
        };
    }

    // Small numbers are notches of the wheel; larger ones are pixels, as browsers count them.
    private static int Notches(int delta) => Math.Abs((long)delta) <= MostNotchesOfPixels ? delta : (int)Math.Round((double)delta / PixelsPerNotch, MidpointRounding.AwayFromZero) is var notches && notches != 0 ? notches : Math.Sign(delta);

    private static Task SucceedAsync(HttpContext http, string message)
    {
        var notices = http.RequestServices.GetRequiredService<DesktopLog>().TakeNotices();
        return AnswerAsync(
            http, new DesktopAnswer { Success = true, Message = notices is null ? message : $"{message} {string.Join(' ', notices)}" }, HopxJson.Default.DesktopAnswer);
    }

    private static Task AnswerAsync<T>(HttpContext http, T answer, JsonTypeInfo<T> type) =>
        WriteAsync(http, "application/json; charset=utf-8", JsonSerializer.SerializeToUtf8Bytes(answer, type));

    private static async Task WriteAsync(HttpContext http, string type, byte[] bytes)
    {
        http.Response.ContentType = type;
        http.Response.ContentLength = bytes.Length;
        await http.Response.Body.WriteAsync(bytes, http.RequestAborted);
    }
}
