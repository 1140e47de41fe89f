namespace Hopx.Desktop;

/// <summary>Everything that stands on one connection to one X server; with the server, all of it is gone.</summary>
internal sealed class DesktopSession : IDisposable
{
    private const uint Background = 0x0030_4a63;

    private readonly CancellationTokenSource _ended = new();

    public unsafe DesktopSession(XConnection x, TimeProvider time, IEnumerable<string> clipboardHistory)
    {
        X = x;
        uint[] attributes = [Background, Xcb.EventMaskProperty | Xcb.EventMaskSubstructureNotify];
        fixed (uint* values = attributes)
        {
            _ = Xcb.ChangeWindowAttributes(x.Handle, x.Root, Xcb.AttributeBackPixel | Xcb.AttributeEventMask, values);
        }

        _ = Xcb.ClearArea(x.Handle, 0, x.Root, 0, 0, 0, 0);
        Screen = new Screen(x, time);
        Windows = new WindowManager(x, time);
        Ping = new WindowPing(x, time);
        Keyboard = new Keyboard(x, Ping, time);
        Pointer = new Pointer(x, Screen, Keyboard, Ping, time);
        Sizes = new ScreenSizes(x, time);
        Clipboard = new ClipboardOwner(x, time, clipboardHistory);
        x.StartEvents();
        // What an earlier life of this program may have left pressed.
        Keyboard.ReleaseAll();
        Pointer.ReleaseAll();
        _ = FollowClipboardAsync();
    }

    public XConnection X { get; }

    public Screen Screen { get; }

    public WindowManager Windows { get; }

    public WindowPing Ping { get; }

    public Keyboard Keyboard { get; }

    public Pointer Pointer { get; }

    public ScreenSizes Sizes { get; }

    public ClipboardOwner Clipboard { get; }

    public void Dispose()
    {
        _ended.Cancel();
        Screen.Dispose();
        Clipboard.Dispose();
        X.Dispose();
        _ended.Dispose();
    }

    private async Task FollowClipboardAsync()
    {
        try
        {
            await Clipboard.FollowAsync(_ended.Token);
        }
        catch (Exception over) when (over is OperationCanceledException or Hopx.Client.HopxException)
        {
            // The server is gone, and the clipboard with it.
        }
    }
}
