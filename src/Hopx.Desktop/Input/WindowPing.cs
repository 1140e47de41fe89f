namespace Hopx.Desktop;

/// <summary>
/// Asks the active window's program whether it is alive. It answers in order with its input, so its answer says that all keys and clicks before have reached it.
/// </summary>
internal sealed class WindowPing
{
    private const uint PingMask = 0;

    private readonly XConnection _x;
    private readonly TimeProvider _time;
    private readonly Pulse _answers = new();
    private readonly uint _ping;
    private readonly uint _protocols;
    private uint _sent;
    private uint _answered;

    public WindowPing(XConnection x, TimeProvider time)
    {
        _x = x;
        _time = time;
        _ping = x.Atom("_NET_WM_PING");
        _protocols = x.Atom("WM_PROTOCOLS");
        x.Listen(OnEvent);
    }

    /// <summary>Whether the active window answered in time; false at once when it is of a kind that does not answer.</summary>
    public async Task<bool> AnsweredAsync(TimeSpan patience, CancellationToken cancellationToken)
    {
        if (_x.ReadNumbers(_x.Root, "_NET_ACTIVE_WINDOW") is not [var window and not 0, ..]
            || !_x.ReadNumbers(window, "WM_PROTOCOLS").Contains(_ping))
        {
            return false;
        }

        var number = ++_sent;
        _x.SendMessage(window, window, "WM_PROTOCOLS", PingMask, _ping, number, window);
        return await _answers.UntilAsync(() => Volatile.Read(ref _answered) >= number || _x.IsLost, patience, _time, cancellationToken);
    }

    private unsafe void OnEvent(nint message)
    {
        var bytes = (byte*)message;
        if ((bytes[0] & 0x7f) == Xcb.ClientMessage && *(uint*)(bytes + 8) == _protocols && *(uint*)(bytes + 12) == _ping && *(uint*)(bytes + 4) == _x.Root)
        {
            Volatile.Write(ref _answered, *(uint*)(bytes + 16));
            _answers.Beat();
        }
    }
}
