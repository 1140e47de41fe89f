using System.Runtime.InteropServices;
using Hopx.Client;

namespace Hopx.Desktop;

/// <summary>What the X server shows: pictures through shared memory, and word of each change.</summary>
internal sealed unsafe class Screen : IDisposable
{
    private const int CreateForOwner = 0x380;
    private const int RemoveSegment = 0;
    private const nint AttachFailed = -1;

    private readonly XConnection _x;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly uint _damage;
    private nint _memory;
    private int _memoryBytes;
    private uint _segment;
    private long _lastDamage;

    public Screen(XConnection x, TimeProvider time)
    {
        _x = x;
        _time = time;
        _damage = Xcb.GenerateId(x.Handle);
        x.Listen(OnEvent);
        _ = Xcb.CreateDamage(x.Handle, _damage, x.Root, Xcb.DamageReportNonEmpty);
        // Whatever is to be seen already is no change.
        _ = Xcb.SubtractDamage(x.Handle, _damage, 0, 0);
        x.Sync();
    }

    /// <summary>Beats at each change of the screen.</summary>
    public Pulse Damage { get; } = new();

    /// <summary>When the screen changed last.</summary>
    public long LastDamage => Volatile.Read(ref _lastDamage);

    /// <summary>The screen as it is now.</summary>
    public Frame Capture() => Capture(region: null);

    /// <param name="region">Part of the screen; what lies outside of the screen is left out.</param>
    public Frame Capture(Region? region)
    {
        lock (_gate)
        {
            var (width, height) = _x.ScreenSize();
            var part = region is { } asked ? Clip(asked, width, height) : new Region(0, 0, width, height);
            EnsureMemory(part.Width * part.Height * Frame.PixelBytes);
            byte* error = null;
            var cookie = Xcb.GetImage(
                _x.Handle, _x.Root, (short)part.X, (short)part.Y, (ushort)part.Width, (ushort)part.Height, uint.MaxValue, Xcb.ImageZPixmap, _segment, 0);
            _x.Require(Xcb.GetImageReply(_x.Handle, cookie, &error), error).Dispose();
            var frame = new Frame(part.Width, part.Height);
            new ReadOnlySpan<byte>((void*)_memory, frame.Pixels.Length).CopyTo(frame.Pixels);
            return frame;
        }
    }

    /// <summary>Draws the mouse pointer into a picture of the screen.</summary>
    /// <param name="frame">The picture.</param>
    /// <param name="originX">Where its left edge is on the screen.</param>
    /// <param name="originY">Where its top edge is on the screen.</param>
    public void DrawPointer(Frame frame, int originX, int originY)
    {
        byte* error = null;
        using var cursor = _x.Require(Xcb.GetCursorImageReply(_x.Handle, Xcb.GetCursorImage(_x.Handle), &error), error);
        var (width, height) = (cursor.Short(12), cursor.Short(14));
        var left = cursor.Signed(8) - cursor.Short(16) - originX;
        var top = cursor.Signed(10) - cursor.Short(18) - originY;
        var pixels = cursor.Rest;
        for (var y = Math.Max(0, -top); y < height && top + y < frame.Height; y++)
        {
            var row = frame.Row(top + y);
            for (var x = Math.Max(0, -left); x < width && left + x < frame.Width; x++)
            {
                // Colors are multiplied with the opacity already.
                var from = pixels.Slice(((y * width) + x) * 4, 4);
                var to = row.Slice((left + x) * 4, 4);
                for (var channel = 0; channel < 3; channel++)
                {
                    to[channel] = (byte)Math.Min(255, from[channel] + (to[channel] * (255 - from[3]) / 255));
                }
            }
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            ReleaseMemory();
        }
    }

    public static Region Clip(Region region, int width, int height)
    {
        var x = Math.Max(0, region.X);
        var y = Math.Max(0, region.Y);
        var clipped = new Region(x, y, Math.Min(region.Right, width) - x, Math.Min(region.Bottom, height) - y);
        return clipped is { Width: > 0, Height: > 0 }
            ? clipped
            : throw new HopxException(
                HopxErrorCode.InvalidRequest,
                $"The region {region.X},{region.Y} of {region.Width}x{region.Height} has no part on the screen, which is {width}x{height}. Choose one within it.");
    }

    private void OnEvent(nint message)
    {
        if ((*(byte*)message & 0x7f) == _x.DamageEvent)
        {
            Volatile.Write(ref _lastDamage, _time.GetTimestamp());
            // Only then is the next change told.
            _ = Xcb.SubtractDamage(_x.Handle, _damage, 0, 0);
            _x.Flush();
            Damage.Beat();
        }
    }

    private void EnsureMemory(int bytes)
    {
        if (_memoryBytes >= bytes)
        {
            return;
        }

        ReleaseMemory();
        var id = Xcb.GetSharedMemory(0, (nuint)bytes, CreateForOwner);
        if (id < 0)
        {
            throw NoMemory();
        }

        try
        {
            var memory = Xcb.AttachSharedMemory(id, 0, 0);
            if (memory == AttachFailed)
            {
                throw NoMemory();
            }

            _memory = memory;
            _memoryBytes = bytes;
            _segment = Xcb.GenerateId(_x.Handle);
            _ = Xcb.AttachSegment(_x.Handle, _segment, (uint)id, 0);
            _x.Sync();
        }
        finally
        {
            // Lives on as long as it is attached, and no longer.
            _ = Xcb.ControlSharedMemory(id, RemoveSegment, 0);
        }

        static HopxException NoMemory() => new(
            HopxErrorCode.ResourceLimitError, $"There is no shared memory for a picture of the screen (errno {Marshal.GetLastPInvokeError()}). End some programs of the sandbox and try again.");
    }

    private void ReleaseMemory()
    {
        if (_memory != 0)
        {
            if (!_x.IsLost)
            {
                _ = Xcb.DetachSegment(_x.Handle, _segment);
                _x.Flush();
            }

            _ = Xcb.DetachSharedMemory(_memory);
            _memory = 0;
            _memoryBytes = 0;
        }
    }
}
