using Hopx.Client;

namespace Hopx.Desktop;

/// <summary>Moves and presses the mouse.</summary>
internal sealed class Pointer(XConnection x, Screen screen, Keyboard keyboard, WindowPing ping, TimeProvider time)
{
    private const int MostClicks = 10;
    private const int MostNotches = 100;

    // Programs begin to drag after a few pixels, and what is dragged over answers each motion: about the pace of a hand.
    private static readonly TimeSpan MotionPause = TimeSpan.FromMilliseconds(8);
    // Chromium takes two presses of the same millisecond for one and the same.
    private const uint ClickPauseMs = 30;

    private static readonly TimeSpan DropPause = TimeSpan.FromMilliseconds(120);

    // Between what is dragged and what lies under it goes a question and an answer, after the motion itself.
    private const int DropRounds = 3;

    private static readonly TimeSpan DropPatience = TimeSpan.FromMilliseconds(500);

    private byte _held;

    public unsafe (int X, int Y) Position()
    {
        byte* error = null;
        using var pointer = x.Require(Xcb.QueryPointerReply(x.Handle, Xcb.QueryPointer(x.Handle, x.Root), &error), error);
        return (pointer.Signed(16), pointer.Signed(18));
    }

    public void Move(int? toX, int? toY)
    {
        if (Target(toX, toY) is var (left, top))
        {
            Send(left, top);
            x.Sync();
        }
    }

    public Task ClickAsync(int? atX, int? atY, string? button, int? clicks, IReadOnlyList<string>? modifiers)
    {
        var number = ButtonOf(button);
        if (clicks is < 1 or > MostClicks)
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, $"'clicks' is {clicks}; it must be from 1 to {MostClicks}.");
        }

        var target = Target(atX, atY);
        return keyboard.WithModifiersAsync(modifiers, () =>
        {
            if (target is var (left, top))
            {
                Send(left, top);
            }

            for (var i = 0; i < (clicks ?? 1); i++)
            {
                Send(Xcb.ButtonPress, number, i == 0 ? 0 : ClickPauseMs);
                Send(Xcb.ButtonRelease, number);
            }

            x.Sync();
            return Task.CompletedTask;
        });
    }

    /// <summary>Presses and keeps pressed, until <see cref="Up"/>.</summary>
    public void Down(int? atX, int? atY, string? button)
    {
        var number = ButtonOf(button);
        Move(atX, atY);
        Send(Xcb.ButtonPress, number);
        _held = number;
        x.Sync();
    }

    public void Up(int? atX, int? atY, string? button)
    {
        var number = button is null && _held != 0 ? _held : ButtonOf(button);
        try
        {
            if (Target(atX, atY) is { } target)
            {
                Glide(Position(), target);
            }
        }
        finally
        {
            Send(Xcb.ButtonRelease, number);
            _held = 0;
            x.Sync();
        }
    }

    public Task DragAsync(IReadOnlyList<ScreenPoint> path, string? button, IReadOnlyList<string>? modifiers, CancellationToken cancellationToken)
    {
        var number = ButtonOf(button);
        if (path.Count is < 1 or > 1_000)
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, $"A drag has {path.Count} points; give from 1 to 1000.");
        }

        if (path.Count is 1)
        {
            var (fromX, fromY) = Position();
            path = [new ScreenPoint { X = fromX, Y = fromY }, path[0]];
        }

        foreach (var point in path)
        {
            _ = Target(point.X, point.Y);
        }

        return keyboard.WithModifiersAsync(modifiers, async () =>
        {
            Move(path[0].X, path[0].Y);
            Send(Xcb.ButtonPress, number);
            try
            {
                x.Sync();
                for (var i = 1; i < path.Count; i++)
                {
                    await GlideAsync((path[i - 1].X, path[i - 1].Y), (path[i].X, path[i].Y), cancellationToken);
                }

                // What lies under it shows that it would take it; then the screen is quiet.
                await QuietAsync(DropPause, cancellationToken);
                // A program that has begun the drag only by now looks for what lies under it at the next move.
                var last = path[^1];
                Move(last.X, last.Y > 0 ? last.Y - 1 : last.Y + 1);
                Move(last.X, last.Y);
                x.Sync();
                await QuietAsync(DropPause, cancellationToken);
                for (var i = 0; i < DropRounds && await ping.AnsweredAsync(DropPatience, cancellationToken); i++)
                {
                }
            }
            finally
            {
                Send(Xcb.ButtonRelease, number);
                if (!x.IsLost)
                {
                    x.Sync();
                }
            }
        });
    }

    /// <param name="atX">Where to; absent means where the pointer is.</param>
    /// <param name="atY">Where to.</param>
    /// <param name="right">Notches to the right.</param>
    /// <param name="down">Notches down.</param>
    /// <param name="modifiers">Keys held meanwhile.</param>
    public Task ScrollAsync(int? atX, int? atY, int right, int down, IReadOnlyList<string>? modifiers)
    {
        if (Math.Abs((long)right) > MostNotches || Math.Abs((long)down) > MostNotches)
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, $"Scrolling by {right} and {down} notches is too much; at most {MostNotches} go in one call.");
        }

        var target = Target(atX, atY);
        return keyboard.WithModifiersAsync(modifiers, () =>
        {
            if (target is var (left, top))
            {
                Send(left, top);
            }

            Turn(down < 0 ? (byte)4 : (byte)5, Math.Abs(down));
            Turn(right < 0 ? (byte)6 : (byte)7, Math.Abs(right));
            x.Sync();
            return Task.CompletedTask;
        });
    }

    /// <summary>Lets go of the buttons that are down, whoever pressed them.</summary>
    public unsafe void ReleaseAll()
    {
        for (byte button = 1; button <= 3; button++)
        {
            byte* error = null;
            using var pointer = x.Require(Xcb.QueryPointerReply(x.Handle, Xcb.QueryPointer(x.Handle, x.Root), &error), error);
            if ((pointer.Short(24) & (0x80 << button)) != 0)
            {
                Send(Xcb.ButtonRelease, button);
            }
        }

        x.Flush();
    }

    private (int X, int Y)? Target(int? toX, int? toY)
    {
        if (toX is null && toY is null)
        {
            return null;
        }

        if (toX is not { } left || toY is not { } top)
        {
            throw new HopxException(HopxErrorCode.MissingParameter, $"'{(toX is null ? "x" : "y")}' is missing. Give both coordinates, or none to act where the pointer is.");
        }

        var (width, height) = x.ScreenSize();
        return left >= 0 && top >= 0 && left < width && top < height
            ? (left, top)
            : throw new HopxException(
                HopxErrorCode.InvalidRequest, $"The point {left},{top} is outside of the screen, which is {width}x{height} pixels. Take a screenshot and choose a point on it.");
    }

    private static byte ButtonOf(string? name) => name?.ToLowerInvariant() switch
    {
        null or "" or "left" or "1" => 1,
        "middle" or "wheel" or "2" => 2,
        "right" or "3" => 3,
        "back" or "8" => 8,
        "forward" or "9" => 9,
        _ => throw new HopxException(HopxErrorCode.InvalidRequest, $"The button '{name}' is unknown. Use left, middle, right, back or forward."),
    };

    private void Turn(byte button, int notches)
    {
        for (var i = 0; i < notches; i++)
        {
            Send(Xcb.ButtonPress, button);
            Send(Xcb.ButtonRelease, button);
        }
    }

    private void Glide((int X, int Y) from, (int X, int Y) to)
    {
        foreach (var (left, top) in Between(from, to))
        {
            Send(left, top);
        }

        x.Sync();
    }

    private async Task GlideAsync((int X, int Y) from, (int X, int Y) to, CancellationToken cancellationToken)
    {
        foreach (var (left, top) in Between(from, to))
        {
            Send(left, top);
            x.Sync();
            await Task.Delay(MotionPause, time, cancellationToken);
        }
    }

    private async Task QuietAsync(TimeSpan most, CancellationToken cancellationToken)
    {
        var started = time.GetTimestamp();
        while (time.GetElapsedTime(started) < most && await Pulse.WithinAsync(screen.Damage.Next, most / 3, time, cancellationToken))
        {
        }
    }

    private static IEnumerable<(int X, int Y)> Between((int X, int Y) from, (int X, int Y) to)
    {
        var distance = Math.Max(Math.Abs(to.X - from.X), Math.Abs(to.Y - from.Y));
        var steps = Math.Clamp(distance / 10, 2, 40);
        for (var i = 1; i <= steps; i++)
        {
            yield return (from.X + ((to.X - from.X) * i / steps), from.Y + ((to.Y - from.Y) * i / steps));
        }
    }

    private void Send(int left, int top) => _ = Xcb.FakeInput(x.Handle, Xcb.MotionNotify, 0, 0, x.Root, (short)left, (short)top, 0);

    private void Send(byte type, byte button, uint afterMs = 0) => _ = Xcb.FakeInput(x.Handle, type, button, afterMs, 0, 0, 0, 0);
}
