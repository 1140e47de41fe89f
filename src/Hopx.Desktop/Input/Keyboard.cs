using System.Text;
using Hopx.Client;

namespace Hopx.Desktop;

/// <summary>Presses keys. Whatever it holds down it lets go again, whatever fails.</summary>
internal sealed class Keyboard
{
    public const int MostCharacters = 100_000;

    private const byte LockMask = 2;
    private const int KeysBeforeSync = 64;

    // How long a program may take to say that it has seen a new layout; not all can say it.
    private static readonly TimeSpan PingPatience = TimeSpan.FromMilliseconds(400);
    private static readonly TimeSpan EndPatience = TimeSpan.FromSeconds(3);

    // A window manager takes the keyboard for itself when Alt+Tab goes down, and would wait for ever for an Alt that is up again by then.
    private static readonly TimeSpan LeastHold = TimeSpan.FromMilliseconds(60);

    // The SDKs give up after a minute and would then type it all a second time.
    private static readonly TimeSpan MostTypingTime = TimeSpan.FromSeconds(45);

    private readonly XConnection _x;
    private readonly KeyTable _keys;
    private readonly WindowPing _ping;
    private readonly TimeProvider _time;

    public unsafe Keyboard(XConnection x, WindowPing ping, TimeProvider time)
    {
        _x = x;
        _ping = ping;
        _time = time;
        _keys = new KeyTable(x);
        x.Listen(message =>
        {
            if ((*(byte*)message & 0x7f) == Xcb.MappingNotify)
            {
                _keys.SetStale();
            }
        });
    }

    /// <summary>Types text whatever the layout: characters that it lacks are given keys of their own.</summary>
    public async Task TypeAsync(string text, TimeSpan delay, CancellationToken cancellationToken)
    {
        var characters = Check(text);
        delay = TimeSpan.FromTicks(Math.Min(delay.Ticks, MostTypingTime.Ticks / Math.Max(1, characters.Length)));
        ReleaseCapsLock();
        for (var from = 0; from < characters.Length;)
        {
            var (to, missing) = NextPart(characters, from);
            if (missing.Count > 0)
            {
                if (_keys.MustTakeBack(missing.Count))
                {
                    // Keys pressed a moment ago must have been understood before they mean something else.
                    await _ping.AnsweredAsync(EndPatience, cancellationToken);
                }

                _keys.Lend(missing);
                await _ping.AnsweredAsync(PingPatience, cancellationToken);
            }

            await PressAllAsync(characters.AsMemory(from, to - from), delay, cancellationToken);
            from = to;
        }

        await _ping.AnsweredAsync(EndPatience, cancellationToken);
    }

    /// <summary>Presses keys together, in the given order, and lets them go in the opposite one.</summary>
    public async Task PressAsync(IReadOnlyList<string> names, int repeat, TimeSpan hold, CancellationToken cancellationToken)
    {
        var symbols = names.SelectMany(KeySymbols.Split).Select(KeySymbols.Parse).ToArray();
        if (symbols.Length is 0 or > 8)
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, $"{symbols.Length} keys cannot be pressed together; name from 1 to 8.");
        }

        if (symbols.Length > 1)
        {
            // In a combination a letter names its key; Shift is asked for by its own name.
            symbols = [.. symbols.Select(symbol => symbol is >= 'A' and <= 'Z' ? symbol + 32 : symbol)];
        }

        var missing = symbols.Where(symbol => !_keys.Has(symbol)).Distinct().ToArray();
        if (missing.Length > 0)
        {
            _keys.Lend(missing);
            await _ping.AnsweredAsync(PingPatience, cancellationToken);
        }

        var strokes = symbols.Select(_keys.Find).ToArray();
        var shift = strokes.Any(stroke => stroke.Shifted) && !symbols.Contains(KeySymbols.Shift) ? _keys.Find(KeySymbols.Shift).Key : (byte)0;
        byte[] keys = shift == 0 ? [.. strokes.Select(stroke => stroke.Key)] : [shift, .. strokes.Select(stroke => stroke.Key)];
        if (keys.Length > 1 && hold < LeastHold && symbols.Any(KeySymbols.IsOfWindowManager))
        {
            hold = LeastHold;
        }

        for (var i = 0; i < repeat; i++)
        {
            await HoldAsync(keys, hold, cancellationToken);
        }
    }

    /// <summary>Does something while modifiers are held down.</summary>
    public async Task WithModifiersAsync(IReadOnlyList<string>? names, Func<Task> action)
    {
        var keys = (names ?? []).SelectMany(KeySymbols.Split).Select(KeySymbols.Parse).Select(symbol => _keys.Has(symbol)
            ? _keys.Find(symbol).Key
            : throw new HopxException(HopxErrorCode.InvalidRequest, "Only keys of the keyboard can be held during a click, such as ctrl, shift and alt.")).ToArray();
        try
        {
            foreach (var key in keys)
            {
                Send(Xcb.KeyPress, key);
            }

            await action();
        }
        finally
        {
            Release(keys);
        }
    }

    /// <summary>Lets go of every key that is down, whoever pressed it.</summary>
    public unsafe void ReleaseAll()
    {
        byte* error = null;
        using var state = _x.Require(Xcb.QueryKeymapReply(_x.Handle, Xcb.QueryKeymap(_x.Handle), &error), error);
        for (var key = 8; key < 256; key++)
        {
            if ((state.Byte(8 + (key / 8)) & (1 << (key % 8))) != 0)
            {
                Send(Xcb.KeyRelease, (byte)key);
            }
        }

        _x.Flush();
    }

    private static uint[] Check(string text)
    {
        var symbols = new List<uint>(Math.Min(text.Length, MostCharacters));
        foreach (var character in text.Replace("\r\n", "\n", StringComparison.Ordinal).EnumerateRunes())
        {
            if (Rune.IsControl(character) && character.Value is not ('\n' or '\r' or '\t' or '\b'))
            {
                throw new HopxException(HopxErrorCode.InvalidRequest, $"The text holds the control character U+{character.Value:X4}, which no key types. Remove it, or press the key that you mean by its name.");
            }

            if (symbols.Count == MostCharacters)
            {
                throw new HopxException(
                    HopxErrorCode.PayloadTooLarge,
                    $"The text is longer than the {MostCharacters} characters that can be typed at once. Put it on the clipboard and paste it, or write it to a file.");
            }

            symbols.Add(KeySymbols.Of(character));
        }

        return [.. symbols];
    }

    // As much as can be typed without changing the meaning of a key in between.
    private (int To, HashSet<uint> Missing) NextPart(uint[] characters, int from)
    {
        _keys.Refresh();
        var missing = new HashSet<uint>();
        var needed = new HashSet<uint>();
        var to = from;
        for (; to < characters.Length; to++)
        {
            var symbol = characters[to];
            var isMissing = !_keys.Has(symbol);
            if ((isMissing || _keys.IsLent(symbol)) && needed.Add(symbol) && needed.Count > _keys.Capacity)
            {
                break;
            }

            if (isMissing)
            {
                missing.Add(symbol);
            }
            else
            {
                _keys.Touch(symbol);
            }
        }

        if (to == from)
        {
            throw new HopxException(HopxErrorCode.Conflict, "The keyboard layout has no key to spare for characters that it lacks. Put the text on the clipboard and paste it.");
        }

        return (to, missing);
    }

    private async Task PressAllAsync(ReadOnlyMemory<uint> symbols, TimeSpan delay, CancellationToken cancellationToken)
    {
        var shift = _keys.Has(KeySymbols.Shift) ? _keys.Find(KeySymbols.Shift).Key : (byte)0;
        var isShiftDown = false;
        try
        {
            for (var i = 0; i < symbols.Length; i++)
            {
                var (key, shifted) = _keys.Find(symbols.Span[i]);
                if (shifted != isShiftDown)
                {
                    Send(shifted ? Xcb.KeyPress : Xcb.KeyRelease, shift);
                    isShiftDown = shifted;
                }

                Send(Xcb.KeyPress, key);
                Send(Xcb.KeyRelease, key);
                if (delay > TimeSpan.Zero)
                {
                    _x.Flush();
                    await Task.Delay(delay, _time, cancellationToken);
                }
                else if (i % KeysBeforeSync == KeysBeforeSync - 1)
                {
                    _x.Sync();
                    cancellationToken.ThrowIfCancellationRequested();
                }
            }
        }
        finally
        {
            if (isShiftDown)
            {
                Release([shift]);
            }
        }

        _x.Sync();
    }

    private async Task HoldAsync(byte[] keys, TimeSpan hold, CancellationToken cancellationToken)
    {
        var pressed = new List<byte>();
        try
        {
            foreach (var key in keys)
            {
                Send(Xcb.KeyPress, key);
                pressed.Add(key);
            }

            _x.Flush();
            if (hold > TimeSpan.Zero)
            {
                await Task.Delay(hold, _time, cancellationToken);
            }
        }
        finally
        {
            pressed.Reverse();
            Release(pressed);
        }
    }

    private void Release(IReadOnlyList<byte> keys)
    {
        foreach (var key in keys)
        {
            Send(Xcb.KeyRelease, key);
        }

        if (!_x.IsLost)
        {
            _x.Sync();
        }
    }

    private unsafe void ReleaseCapsLock()
    {
        byte* error = null;
        using var pointer = _x.Require(Xcb.QueryPointerReply(_x.Handle, Xcb.QueryPointer(_x.Handle, _x.Root), &error), error);
        if ((pointer.Short(24) & LockMask) != 0 && _keys.Has(KeySymbols.CapsLock))
        {
            var key = _keys.Find(KeySymbols.CapsLock).Key;
            Send(Xcb.KeyPress, key);
            Send(Xcb.KeyRelease, key);
            _x.Sync();
        }
    }

    private void Send(byte type, byte key) => _ = Xcb.FakeInput(_x.Handle, type, key, 0, 0, 0, 0, 0);
}
