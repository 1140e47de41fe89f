using System.Globalization;
using System.Text;
using Hopx.Client;
using Hopx.Mcp.Conversations;
using Hopx.Mcp.Hosting;
using Microsoft.Extensions.Options;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Hopx.Mcp.Tools;

/// <summary>What else there is on the desktop besides the screen, the mouse and the keyboard.</summary>
[McpServerToolType]
internal sealed partial class DesktopTools(
    ConversationSandboxes sandboxes, DesktopActor actor, DesktopReport report, ScreenFinder finder, PageLoading page, SentPictures pictures, OutputBudget budget, OfferedTools offered, IOptions<HopxMcpOptions> options)
{
    private const int MostTitle = 200;
    private const int MostHistory = 10;

    private WhenMissing Missing => offered.IsReadOnly ? WhenMissing.Refuse : WhenMissing.CreateWithDesktop;

    /// <summary>Find things on the desktop by written text (OCR), or by role and name as applications tell; with neither, all that can be used. Answers with a picture in which each has a number, to be clicked with computer and mark.</summary>
    /// <param name="text">Written on the screen.</param>
    /// <param name="role">Such as button, entry, check box, link.</param>
    /// <param name="name">Part of an element's name.</param>
    /// <param name="application">Part of an application's name.</param>
    [McpServerTool(Name = "find_on_screen", Title = "Find on screen", ReadOnly = true, Destructive = false, Idempotent = true, OpenWorld = false)]
    public partial Task<CallToolResult> FindAsync(
        ToolCall call,
        CancellationToken cancellationToken,
        string? text = null,
        string? role = null,
        string? name = null,
        string? application = null,
        string? sandbox_id = null,
        string? conversation = null)
    {
        var wanted = new AccessibilityRequest { Role = Clean(role), Name = Clean(name), Application = Clean(application) };
        var written = Clean(text);
        if (written is not null && wanted != new AccessibilityRequest())
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, "Give either text, which is read on the screen, or role, name and application, which programs tell.");
        }

        return sandboxes.UseAsync(call, sandbox_id, conversation, WhenMissing.Refuse, (sandbox, token) => finder.FindAsync(sandbox, written, wanted, token), cancellationToken);
    }

    /// <summary>Read the text on the desktop, or in a region of the last picture (OCR).</summary>
    /// <param name="region">[x0, y0, x1, y1] in the last picture.</param>
    /// <param name="language">Of tesseract; eng by default.</param>
    [McpServerTool(Name = "read_screen", Title = "Read screen", ReadOnly = true, Destructive = false, Idempotent = true, OpenWorld = false)]
    public partial Task<CallToolResult> ReadAsync(
        ToolCall call, CancellationToken cancellationToken, double[]? region = null, string? language = null, string? sandbox_id = null, string? conversation = null) => sandboxes.UseAsync(
            call,
            sandbox_id,
            conversation,
            WhenMissing.Refuse,
            async (sandbox, token) =>
            {
                var request = new OcrRequest { Language = Clean(language) };
                if (region is not null)
                {
                    var plan = ComputerPlan.Of([new ComputerStep { Action = "zoom", Region = region }], pictures.Newest(sandbox, sent => sent.IsWhole), named: null, marked: null);
                    request = request with { X = plan.Zoom!.X, Y = plan.Zoom.Y, Width = plan.Zoom.Width, Height = plan.Zoom.Height };
                }

                var read = OutputText.FromFile((await actor.UseAsync(sandbox, (desktop, t) => desktop.ReadTextAsync(request, t), token)).Text ?? "").Trim();
                var sections = await budget.FitAsync(sandbox, [new OutputSection("screen", read)], token);
                var said = read.Length is 0 ? "No text was read: there is none, or it is too small or stylized. Take a screenshot to see." : "Read on the screen; letters may be mistaken.";
                var text = new ResultText().Say(said).Show(sections[0]).Say(sandbox.Note).Say($"(sandbox {sandbox.Id})");
                return Results.Of(
                    text.ToString(),
                    new ScreenTextFacts { SandboxId = sandbox.Id, Text = sections[0].Shown, OutputFiles = OutputSection.FilesOf(sections), Note = sandbox.Note },
                    ToolJson.Default.ScreenTextFacts);
            },
            cancellationToken);

    /// <summary>List the desktop's windows, or change one: focus, close, minimize, maximize, move (x, y), resize (width, height).</summary>
    /// <param name="window_id">All but list need it.</param>
    /// <param name="x">In pixels of the last picture, like the others.</param>
    [McpServerTool(Name = "windows", Title = "Windows", ReadOnly = false, Destructive = true, Idempotent = true, OpenWorld = false)]
    public partial Task<CallToolResult> WindowsAsync(
        ToolCall call,
        WindowAction action,
        CancellationToken cancellationToken,
        string? window_id = null,
        int? x = null,
        int? y = null,
        int? width = null,
        int? height = null,
        string? sandbox_id = null,
        string? conversation = null)
    {
        var id = Clean(window_id);
        if (action is not WindowAction.List && id is null)
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, "window_id is missing. Call windows with action list for those there are.");
        }

        if ((action is WindowAction.Move && (x is null || y is null)) || (action is WindowAction.Resize && (width is null || height is null)))
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, action is WindowAction.Move ? "Give both x and y for move." : "Give both width and height for resize.");
        }

        return sandboxes.UseAsync(
            call,
            sandbox_id,
            conversation,
            WhenMissing.Refuse,
            async (sandbox, token) =>
            {
                var space = pictures.Newest(sandbox, sent => sent.IsWhole);
                if (action is WindowAction.List)
                {
                    return List(sandbox, await actor.UseAsync(sandbox, (desktop, t) => desktop.ListWindowsAsync(t), token), space);
                }

                var answer = await actor.UseAsync(
                    sandbox,
                    (desktop, t) => action switch
                    {
                        WindowAction.Focus => desktop.FocusWindowAsync(id!, t),
                        WindowAction.Close => desktop.CloseWindowAsync(id!, t),
                        WindowAction.Minimize => desktop.MinimizeWindowAsync(id!, t),
                        WindowAction.Maximize => desktop.MaximizeWindowAsync(id!, t),
                        WindowAction.Move => desktop.MoveWindowAsync(id!, Length(x!.Value, space), Length(y!.Value, space), t),
                        _ => desktop.ResizeWindowAsync(id!, Length(width!.Value, space), Length(height!.Value, space), t),
                    },
                    token);
                return report.OfLook(sandbox, await actor.LookAsync(sandbox, token), marks: null, [OutputText.Line(answer.Message ?? "Done.")]);
            },
            cancellationToken);
    }

    /// <summary>Get or set the text on the desktop's clipboard, or see what was on it. To paste it use computer with key ctrl+v.</summary>
    /// <param name="text">For set.</param>
    [McpServerTool(Name = "clipboard", Title = "Clipboard", ReadOnly = false, Destructive = true, Idempotent = true, OpenWorld = false)]
    public partial Task<CallToolResult> ClipboardAsync(
        ToolCall call, ClipboardAction action, CancellationToken cancellationToken, string? text = null, string? sandbox_id = null, string? conversation = null)
    {
        if (action is ClipboardAction.Set && text is null)
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, "text is missing. Give the text to put on the clipboard, or \"\" to empty it.");
        }

        return sandboxes.UseAsync(
            call,
            sandbox_id,
            conversation,
            action is ClipboardAction.Set ? Missing : WhenMissing.Refuse,
            async (sandbox, token) =>
            {
                if (action is ClipboardAction.Set)
                {
                    await actor.UseAsync(sandbox, (desktop, t) => desktop.SetClipboardAsync(text!, t), token);
                    return Describe(sandbox, $"The clipboard holds {text!.Length} characters.", [], new ClipboardFacts());
                }

                IReadOnlyList<string> texts = action is ClipboardAction.Get
                    ? [await actor.UseAsync(sandbox, (desktop, t) => desktop.GetClipboardAsync(t), token)]
                    : await actor.UseAsync(sandbox, (desktop, t) => desktop.GetClipboardHistoryAsync(t), token);
                OutputSection[] all = [.. texts.Take(MostHistory).Select((held, i) => new OutputSection(texts.Count is 1 ? "clipboard" : $"clipboard-{i + 1}", OutputText.FromFile(held)))];
                var sections = await budget.FitAsync(sandbox, all, token);
                var facts = action is ClipboardAction.Get
                    ? new ClipboardFacts { Text = sections[0].Shown }
                    : new ClipboardFacts { History = [.. sections.Select(section => section.Shown)] };
                var said = sections.All(section => section.Text.Length is 0) ? "The clipboard is empty, or holds no text." : action is ClipboardAction.Get ? "The clipboard's text:" : "Texts that were on the clipboard, newest first:";
                return Describe(sandbox, said, sections, facts);
            },
            cancellationToken);
    }

    /// <summary>Start a program on the desktop and wait for its window. For web pages use open_url.</summary>
    /// <param name="program">Such as lxterminal, mousepad, pcmanfm, gnumeric, chromium.</param>
    [McpServerTool(Name = "launch", Title = "Launch program", ReadOnly = false, Destructive = false, Idempotent = false, OpenWorld = true)]
    public partial Task<CallToolResult> LaunchAsync(
        ToolCall call, string program, CancellationToken cancellationToken, string[]? arguments = null, string? sandbox_id = null, string? conversation = null)
    {
        var name = Clean(program) ?? throw new HopxException(HopxErrorCode.InvalidRequest, "program is empty. Name a program, such as lxterminal.");
        return StartAsync(
            call, new LaunchRequest { Program = name, Arguments = arguments }, async (sandbox, token) => (await actor.LookAsync(sandbox, token), null), sandbox_id, conversation, cancellationToken);
    }

    /// <summary>Open a web page in a new window of the desktop's browser and wait until it is shown.</summary>
    [McpServerTool(Name = "open_url", Title = "Open URL", ReadOnly = false, Destructive = false, Idempotent = false, OpenWorld = true)]
    public partial Task<CallToolResult> OpenAsync(ToolCall call, string url, CancellationToken cancellationToken, string? sandbox_id = null, string? conversation = null)
    {
        if (!Uri.TryCreate(url.Trim(), UriKind.Absolute, out var address) || address.Scheme is not ("http" or "https" or "file" or "about" or "data"))
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, $"url is '{OutputText.Line(url, 200)}'; it must begin with http://, https:// or file:///.");
        }

        // A page in a tab of a running browser would make no window to wait for.
        return StartAsync(
            call, new LaunchRequest { Program = options.Value.DesktopBrowser, Arguments = ["--new-window", address.AbsoluteUri] }, LoadAsync, sandbox_id, conversation, cancellationToken);

        async Task<(SeenScreen Seen, string? Said)> LoadAsync(OpenSandbox sandbox, CancellationToken token)
        {
            var (seen, isLoading) = await page.LookAsync(sandbox, token);
            return (seen, isLoading ? $"The page is still loading after {options.Value.PagePatience.TotalSeconds:0.#} s: the picture shows what is there so far. Use computer with wait, or screenshot later." : null);
        }
    }

    /// <summary>Record the desktop as a video: start, status, stop. The video is a file in the sandbox, whose path is told.</summary>
    /// <param name="format">mp4 (default) or webm.</param>
    /// <param name="fps">Pictures a second, 10 by default.</param>
    [McpServerTool(Name = "recording", Title = "Recording", ReadOnly = false, Destructive = false, Idempotent = false, OpenWorld = false)]
    public partial Task<CallToolResult> RecordAsync(
        ToolCall call, RecordingAction action, CancellationToken cancellationToken, string? format = null, int? fps = null, string? sandbox_id = null, string? conversation = null) => sandboxes.UseAsync(
            call,
            sandbox_id,
            conversation,
            action is RecordingAction.Start ? Missing : WhenMissing.Refuse,
            async (sandbox, token) =>
            {
                var video = await actor.UseAsync(
                    sandbox,
                    (desktop, t) => action switch
                    {
                        RecordingAction.Start => desktop.StartRecordingAsync(new RecordingRequest { Format = Clean(format), Fps = fps }, t),
                        RecordingAction.Stop => desktop.StopRecordingAsync(cancellationToken: t),
                        _ => desktop.GetRecordingAsync(cancellationToken: t),
                    },
                    token);
                return Describe(sandbox, video);
            },
            cancellationToken);

    private Task<CallToolResult> StartAsync(
        ToolCall call,
        LaunchRequest request,
        Func<OpenSandbox, CancellationToken, Task<(SeenScreen Seen, string? Said)>> look,
        string? sandboxId,
        string? conversation,
        CancellationToken cancellationToken) => sandboxes.UseAsync(
            call,
            sandboxId,
            conversation,
            Missing,
            async (sandbox, token) =>
            {
                LaunchResult started;
                try
                {
                    started = await actor.UseAsync(sandbox, (desktop, t) => desktop.LaunchAsync(request, t), token);
                }
                catch (HopxException missing) when (missing.InnerException is HopxException inner && DesktopActor.IsMissingRoute(inner))
                {
                    // A program that is not there is not found either; a service that can start programs can also act.
                    await actor.LookAsync(sandbox, token);
                    throw !actor.IsPlain(sandbox) ? missing : new HopxException(
                        HopxErrorCode.InvalidRequest, "This service cannot start programs on the desktop. Use run_command, with DISPLAY set, or click the desktop's menu.", missing);
                }

                var (seen, said) = await look(sandbox, token);
                // A window that has just come may have no title of its own yet.
                var title = seen.Result.ActiveWindow is { } active && active.Id == started.Window?.Id ? active.Title : started.Window?.Title;
                var window = started.Window is { } shown
                    ? $"{request.Program} runs (process {started.Pid}); its window is \"{OutputText.Line(title ?? "", MostTitle)}\" (window_id {OutputText.Line(shown.Id, 20)})."
                    : $"{request.Program} was started (process {started.Pid}), but no new window has appeared: it may have ended, take longer, or use a window that was there. The picture shows.";
                return report.OfLook(sandbox, seen, marks: null, said is null ? [window] : [window, said]);
            },
            cancellationToken);

    private static CallToolResult List(OpenSandbox sandbox, IReadOnlyList<DesktopWindow> windows, SentPicture? space)
    {
        var listed = new List<ListedWindow>();
        var lines = new StringBuilder();
        // The topmost first, as one sees them.
        foreach (var window in windows.Reverse())
        {
            var (x, y) = space?.FromScreen(window.X, window.Y) ?? (window.X, window.Y);
            var shown = new ListedWindow
            {
                WindowId = OutputText.Line(window.Id, 20),
                Title = OutputText.Line(window.Title ?? "", MostTitle),
                Application = window.ClassName is { } name ? OutputText.Line(name, 80) : null,
                X = x,
                Y = y,
                Width = space?.LengthFromScreen(window.Width) ?? window.Width,
                Height = space?.LengthFromScreen(window.Height) ?? window.Height,
                Active = window.Focused || window.IsActive || window.IsActiveToo ? true : null,
                Minimized = window.IsMinimized ? true : null,
            };
            listed.Add(shown);
            lines.Append(
                CultureInfo.InvariantCulture,
                $"{shown.WindowId} \"{shown.Title}\" {shown.Application} at {x},{y} {shown.Width}x{shown.Height}{(shown.Active is true ? " active" : "")}{(shown.Minimized is true ? " minimized" : "")}\n");
        }

        var said = listed is [] ? "No window is open. Use launch or open_url." : $"{listed.Count} windows, the topmost first (window_id, title, application, place in {(space is null ? "the screen" : $"picture {space.Id}")}).";
        var text = new ResultText().Say(said).Show(new OutputSection("windows", lines.ToString())).Say(sandbox.Note).Say($"(sandbox {sandbox.Id})");
        return Results.Of(text.ToString(), new WindowsFacts { SandboxId = sandbox.Id, Windows = listed, Note = sandbox.Note }, ToolJson.Default.WindowsFacts);
    }

    private static CallToolResult Describe(OpenSandbox sandbox, string said, IReadOnlyList<OutputSection> sections, ClipboardFacts facts)
    {
        var text = new ResultText().Say(said);
        foreach (var section in sections)
        {
            text.Show(section);
        }

        text.Say(sandbox.Note).Say($"(sandbox {sandbox.Id})");
        return Results.Of(text.ToString(), facts with { SandboxId = sandbox.Id, OutputFiles = OutputSection.FilesOf(sections), Note = sandbox.Note }, ToolJson.Default.ClipboardFacts);
    }

    private static CallToolResult Describe(OpenSandbox sandbox, Recording video)
    {
        var path = OutputText.Line(video.FilePath ?? video.OutputFile ?? "");
        var facts = new RecordingFacts
        {
            SandboxId = sandbox.Id,
            RecordingId = OutputText.Line(video.RecordingId ?? "", 80),
            Status = video.Status.ToString().ToLowerInvariant(),
            Path = path,
            Seconds = video.Duration,
            SizeBytes = video.FileSize,
            Note = video.Message is { Length: > 0 } message ? OutputText.Line(message) : sandbox.Note,
        };
        var said = video.Status switch
        {
            RecordingStatus.Recording => string.Create(CultureInfo.InvariantCulture, $"Recording {facts.RecordingId} runs since {video.Duration:0.#} s, into {path}. Call recording with action stop to end it."),
            RecordingStatus.Failed => $"Recording {facts.RecordingId} has failed.",
            _ => string.Create(CultureInfo.InvariantCulture, $"Recording {facts.RecordingId} has ended: {video.Duration:0.#} s, {video.FileSize} bytes, in {path}."),
        };
        var text = new ResultText().Say(said).Say(video.Message is { Length: > 0 } why ? OutputText.Line(why) : null).Say(sandbox.Note).Say($"(sandbox {sandbox.Id})");
        return Results.Of(text.ToString(), facts, ToolJson.Default.RecordingFacts);
    }

    private static int Length(int length, SentPicture? space) => space is null ? length : (int)Math.Round(space.LengthToScreen(length));

    private static string? Clean(string? text) => string.IsNullOrWhiteSpace(text) ? null : text.Trim();
}
