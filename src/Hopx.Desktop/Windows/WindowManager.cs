using System.Globalization;
using System.Text;
using Hopx.Client;

namespace Hopx.Desktop;

/// <summary>Windows of applications, as the window manager lists and changes them (EWMH).</summary>
internal sealed class WindowManager(XConnection x, TimeProvider time)
{
    private const uint ToWindowManager = Xcb.EventMaskSubstructureNotify | Xcb.EventMaskSubstructureRedirect;
    private const uint FromPager = 2;
    private const uint IconicState = 3;
    private const int MostTitleLength = 512;

    // What a window manager does at once; a program may take longer, and may refuse.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    /// <summary>The topmost window last.</summary>
    public IReadOnlyList<DesktopWindow> List()
    {
        var active = ActiveId();
        var windows = x.ReadNumbers(x.Root, "_NET_CLIENT_LIST_STACKING");
        return [.. windows.Where(IsApplication).Select(window => Describe(window, active)).OfType<DesktopWindow>()];
    }

    public DesktopWindow? Active()
    {
        var active = ActiveId();
        return active != 0 && IsApplication(active) ? Describe(active, active) : null;
    }

    public uint ActiveId() => x.ReadNumbers(x.Root, "_NET_ACTIVE_WINDOW") is [var window, ..] ? window : 0;

    public async Task FocusAsync(string? id, CancellationToken cancellationToken)
    {
        var window = Find(id);
        x.SendMessage(x.Root, window, "_NET_ACTIVE_WINDOW", ToWindowManager, FromPager, 0, ActiveId());
        await RequireAsync(() => ActiveId() == window, window, "get the focus", cancellationToken);
    }

    /// <returns>Whether it is gone; a program may ask first.</returns>
    public async Task<bool> CloseAsync(string? id, CancellationToken cancellationToken)
    {
        var window = Find(id);
        var others = Ids().Count;
        x.SendMessage(x.Root, window, "_NET_CLOSE_WINDOW", ToWindowManager, 0, FromPager);
        await x.Events.UntilAsync(() => !Ids().Contains(window) || Ids().Count > others || x.IsLost, Patience, time, cancellationToken);
        return !Ids().Contains(window);
    }

    public async Task MinimizeAsync(string? id, CancellationToken cancellationToken)
    {
        var window = Find(id);
        x.SendMessage(x.Root, window, "WM_CHANGE_STATE", ToWindowManager, IconicState);
        await RequireAsync(() => HasState(window, "_NET_WM_STATE_HIDDEN"), window, "be minimized", cancellationToken);
    }

    public async Task MaximizeAsync(string? id, CancellationToken cancellationToken)
    {
        var window = Find(id);
        x.SendMessage(
            x.Root, window, "_NET_WM_STATE", ToWindowManager, 1, x.Atom("_NET_WM_STATE_MAXIMIZED_VERT"), x.Atom("_NET_WM_STATE_MAXIMIZED_HORZ"), FromPager);
        await RequireAsync(() => HasState(window, "_NET_WM_STATE_MAXIMIZED_VERT"), window, "be maximized", cancellationToken);
    }

    /// <summary>Moves a window, changes its size, or both; with its frame.</summary>
    public async Task PlaceAsync(WindowRequest request, CancellationToken cancellationToken)
    {
        var window = Find(request.WindowId);
        Check(request);
        if (HasState(window, "_NET_WM_STATE_MAXIMIZED_VERT") || HasState(window, "_NET_WM_STATE_MAXIMIZED_HORZ"))
        {
            x.SendMessage(
                x.Root, window, "_NET_WM_STATE", ToWindowManager, 0, x.Atom("_NET_WM_STATE_MAXIMIZED_VERT"), x.Atom("_NET_WM_STATE_MAXIMIZED_HORZ"), FromPager);
            await x.Events.UntilAsync(() => !HasState(window, "_NET_WM_STATE_MAXIMIZED_VERT"), Patience, time, cancellationToken);
        }

        var frame = Frame(window);
        var before = Describe(window, 0) ?? throw Gone(request.WindowId);
        // North-west gravity, which is about the frame; then which of the four values count.
        uint flags = 1 | (FromPager << 12);
        flags |= request.X is null ? 0u : 1 << 8;
        flags |= request.Y is null ? 0u : 1 << 9;
        flags |= request.Width is null ? 0u : 1 << 10;
        flags |= request.Height is null ? 0u : 1 << 11;
        x.SendMessage(
            x.Root, window, "_NET_MOVERESIZE_WINDOW", ToWindowManager, flags, (uint)(request.X ?? 0), (uint)(request.Y ?? 0),
            (uint)Math.Max(1, (request.Width ?? 0) - frame.Left - frame.Right), (uint)Math.Max(1, (request.Height ?? 0) - frame.Top - frame.Bottom));
        var isAsAsked = await x.Events.UntilAsync(() => IsPlaced(window, request) || x.IsLost, TimeSpan.FromSeconds(0.5), time, cancellationToken);
        if (!isAsAsked && Describe(window, 0) is { } now && now == before with { Focused = now.Focused, IsActive = now.IsActive, IsActiveToo = now.IsActiveToo })
        {
            throw new HopxException(
                HopxErrorCode.Conflict, $"The window '{now.Title}' did not take that place or size; it stays at {now.X},{now.Y} with {now.Width}x{now.Height}. Many programs have a least size, and terminals whole rows.");
        }
    }

    public Region Bounds(string? id)
    {
        var window = string.IsNullOrEmpty(id) ? ActiveId() : Find(id);
        var found = window == 0 ? null : Describe(window, 0);
        return found is null
            ? throw new HopxException(HopxErrorCode.ResourceNotFound, "No window is active. Name one by its id, as the list of windows gives it.")
            : found.IsMinimized
            ? throw new HopxException(HopxErrorCode.Conflict, $"The window '{found.Title}' is minimized, so there is no picture of it. Focus it first.")
            : new Region(found.X, found.Y, found.Width, found.Height);
    }

    public HashSet<uint> Ids() => [.. x.ReadNumbers(x.Root, "_NET_CLIENT_LIST")];

    public DesktopWindow? Describe(uint window) => Describe(window, ActiveId());

    /// <summary>Waits for a window that was not there before.</summary>
    public async Task<DesktopWindow?> NewWindowAsync(IReadOnlyDictionary<uint, uint> before, TimeSpan most, CancellationToken cancellationToken)
    {
        uint found = 0;
        await x.Events.UntilAsync(() => (found = Ids().FirstOrDefault(IsNew)) != 0 || x.IsLost, most, time, cancellationToken);
        return found == 0 ? null : Describe(found);

        // The list may still have the number of a window that is gone, which a new one got that has no frame yet: only the window manager sets WM_STATE.
        bool IsNew(uint id) => x.ReadNumbers(id, "WM_STATE").Length > 0 && (!before.TryGetValue(id, out var owner) || owner != OwnerOf(id)) && IsApplication(id);
    }

    /// <summary>Windows with their processes: a program gets the numbers that one had which ended a moment ago.</summary>
    public IReadOnlyDictionary<uint, uint> Owners() => Ids().ToDictionary(id => id, OwnerOf);

    private uint OwnerOf(uint window) => x.ReadNumbers(window, "_NET_WM_PID") is [var process, ..] ? process : 0;

    private bool IsPlaced(uint window, WindowRequest request) =>
        Describe(window, 0) is { } now
        && (request.X ?? now.X) == now.X && (request.Y ?? now.Y) == now.Y && (request.Width ?? now.Width) == now.Width && (request.Height ?? now.Height) == now.Height;

    private static void Check(WindowRequest request)
    {
        if (request is { X: null, Y: null, Width: null, Height: null })
        {
            throw new HopxException(HopxErrorCode.MissingParameter, "'width' and 'height' are missing. Give the window's new size in pixels.");
        }

        if (request.Width is < 1 or > 16_384 || request.Height is < 1 or > 16_384)
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, $"A window cannot be {request.Width} by {request.Height} pixels. Give from 1 to 16384.");
        }

        if (request.X is < -16_384 or > 16_384 || request.Y is < -16_384 or > 16_384)
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, $"A window cannot be at {request.X},{request.Y}. Give a place near the screen.");
        }
    }

    private uint Find(string? id)
    {
        if (string.IsNullOrWhiteSpace(id))
        {
            throw new HopxException(HopxErrorCode.MissingParameter, "'window_id' is missing. Take one from the list of windows.");
        }

        var isHex = id.StartsWith("0x", StringComparison.OrdinalIgnoreCase);
        if (!uint.TryParse(isHex ? id.AsSpan(2) : id, isHex ? NumberStyles.AllowHexSpecifier : NumberStyles.None, CultureInfo.InvariantCulture, out var window))
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, $"'{(id.Length > 40 ? id[..40] : id)}' is no window id. Take one from the list of windows: a decimal number, or hexadecimal with 0x.");
        }

        return Ids().Contains(window) ? window : throw Gone(id);
    }

    private static HopxException Gone(string? id) =>
        new(HopxErrorCode.ResourceNotFound, $"There is no window {id} any more, or there never was. List the windows to see those that are open.");

    private async Task RequireAsync(Func<bool> condition, uint window, string what, CancellationToken cancellationToken)
    {
        if (!await x.Events.UntilAsync(() => condition() || !Ids().Contains(window) || x.IsLost, Patience, time, cancellationToken) || !condition())
        {
            throw Ids().Contains(window)
                ? new HopxException(HopxErrorCode.Conflict, $"The window {window} did not {what} within {Patience.TotalSeconds:0} s; its program may refuse it. Take a screenshot to see.")
                : Gone(window.ToString(CultureInfo.InvariantCulture));
        }
    }

    // The panel and the desktop's background are windows too, but nobody's work.
    private bool IsApplication(uint window)
    {
        var types = x.ReadNumbers(window, "_NET_WM_WINDOW_TYPE");
        return !types.Contains(x.Atom("_NET_WM_WINDOW_TYPE_DOCK")) && !types.Contains(x.Atom("_NET_WM_WINDOW_TYPE_DESKTOP"));
    }

    private unsafe DesktopWindow? Describe(uint window, uint active)
    {
        byte* error = null;
        using var geometry = new XReply(Xcb.GetGeometryReply(x.Handle, Xcb.GetGeometry(x.Handle, window), &error));
        if (geometry.IsNull)
        {
            Xcb.Free(error);
            return null;
        }

        using var origin = new XReply(Xcb.TranslateCoordinatesReply(x.Handle, Xcb.TranslateCoordinates(x.Handle, window, x.Root, 0, 0), &error));
        if (origin.IsNull)
        {
            Xcb.Free(error);
            return null;
        }

        var frame = Frame(window);
        var title = x.ReadText(window, "_NET_WM_NAME") is { Length: > 0 } utf8 ? utf8 : Encoding.Latin1.GetString(x.ReadProperty(window, x.Atom("WM_NAME")));
        var isActive = window == active;
        return new DesktopWindow
        {
            Id = window.ToString(CultureInfo.InvariantCulture),
            Title = title.Length > MostTitleLength ? title[..MostTitleLength] : title,
            ClassName = x.ReadText(window, "WM_CLASS").TrimEnd('\0').Split('\0')[^1],
            X = origin.Signed(12) - frame.Left,
            Y = origin.Signed(14) - frame.Top,
            Width = geometry.Short(16) + frame.Left + frame.Right,
            Height = geometry.Short(18) + frame.Top + frame.Bottom,
            Pid = x.ReadNumbers(window, "_NET_WM_PID") is [var pid, ..] ? (int)pid : 0,
            Desktop = x.ReadNumbers(window, "_NET_WM_DESKTOP") is [var desktop, ..] && desktop < 1_000 ? (int)desktop : 0,
            Focused = isActive,
            IsActive = isActive,
            IsActiveToo = isActive,
            IsMinimized = HasState(window, "_NET_WM_STATE_HIDDEN"),
        };
    }

    private bool HasState(uint window, string state) => x.ReadNumbers(window, "_NET_WM_STATE").Contains(x.Atom(state));

    private (int Left, int Right, int Top, int Bottom) Frame(uint window) =>
        x.ReadNumbers(window, "_NET_FRAME_EXTENTS") is [var left, var right, var top, var bottom] ? ((int)left, (int)right, (int)top, (int)bottom) : default;
}
