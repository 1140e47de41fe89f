using Hopx.Client;

namespace Hopx.Desktop;

/// <summary>Sizes of the screen (RandR).</summary>
internal sealed class ScreenSizes(XConnection x, TimeProvider time)
{
    private const int ModeBytes = 32;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    public Hopx.Client.Display Current(string name)
    {
        var (width, height) = x.ScreenSize();
        return new Hopx.Client.Display
        {
            Width = width,
            Height = height,
            Depth = x.Depth,
            RefreshRate = 60,
            Displays = [new DisplayOutput { Id = 0, Name = name, Width = width, Height = height, Primary = true }],
        };
    }

    /// <summary>The largest first.</summary>
    public IReadOnlyList<IReadOnlyList<int>> Available() =>
        [.. Read().Modes.Values.Distinct().OrderByDescending(mode => mode.Width * mode.Height).Select(mode => (int[])[mode.Width, mode.Height])];

    public async Task SetAsync(int? width, int? height, CancellationToken cancellationToken)
    {
        if (width is null || height is null)
        {
            throw new HopxException(HopxErrorCode.MissingParameter, $"'{(width is null ? "width" : "height")}' is missing. Give both in pixels, such as 1280 and 800.");
        }

        var resources = Read();
        var mode = resources.Modes.FirstOrDefault(mode => mode.Value == (width, height)).Key;
        if (mode == 0)
        {
            throw new HopxException(
                HopxErrorCode.InvalidRequest,
                $"The screen cannot be {width}x{height}. It can be {string.Join(", ", Available().Select(pair => $"{pair[0]}x{pair[1]}"))}.");
        }

        if (x.ScreenSize() == (width, height))
        {
            return;
        }

        // Without a picture on it, the screen can become smaller or larger.
        Configure(resources, 0);
        _ = Xcb.SetScreenSize(x.Handle, x.Root, (ushort)width, (ushort)height, (uint)(width * 254 / 960), (uint)(height * 254 / 960));
        Configure(resources, mode);
        x.Sync();
        if (!await x.Events.UntilAsync(() => x.ScreenSize() == (width, height), Patience, time, cancellationToken))
        {
            throw new HopxException(HopxErrorCode.Conflict, $"The screen did not become {width}x{height}; it is {x.ScreenSize().Width}x{x.ScreenSize().Height}. Try another size.");
        }
    }

    private unsafe void Configure(Resources resources, uint mode)
    {
        var output = resources.Output;
        byte* error = null;
        using var reply = x.Require(
            Xcb.SetCrtcConfigReply(
                x.Handle, Xcb.SetCrtcConfig(x.Handle, resources.Crtc, 0, 0, 0, 0, mode, 1, mode == 0 ? 0u : 1u, mode == 0 ? null : &output), &error), error);
    }

    private unsafe Resources Read()
    {
        byte* error = null;
        using var reply = x.Require(Xcb.GetScreenResourcesReply(x.Handle, Xcb.GetScreenResources(x.Handle, x.Root), &error), error);
        int crtcs = reply.Short(16), outputs = reply.Short(18), modes = reply.Short(20);
        var rest = reply.Rest;
        var sizes = new Dictionary<uint, (int Width, int Height)>();
        for (var i = 0; i < modes; i++)
        {
            var mode = rest.Slice((crtcs + outputs) * 4 + (i * ModeBytes), ModeBytes);
            sizes[XReply.NumberAt(mode, 0)] = (BitConverter.ToUInt16(mode[4..]), BitConverter.ToUInt16(mode[6..]));
        }

        return crtcs > 0 && outputs > 0
            ? new Resources(XReply.NumberAt(rest, 0), XReply.NumberAt(rest, crtcs), sizes)
            : throw new HopxException(HopxErrorCode.Conflict, "The X server has no output whose size could be changed.");
    }

    private sealed record Resources(uint Crtc, uint Output, Dictionary<uint, (int Width, int Height)> Modes);
}
