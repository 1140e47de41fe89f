using System.Text;
using Hopx.Client;

namespace Hopx.Desktop;

/// <summary>
/// The clipboard: gives its text to whoever pastes, reads what others copy, and keeps it when the program that it came from ends.
/// </summary>
internal sealed class ClipboardOwner : IDisposable
{
    public const int MostBytes = 4 * 1024 * 1024;

    private const int MostHistory = 50;
    private const int MostHistoryCharacters = 4 * 1024 * 1024;

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2);

    private readonly XConnection _x;
    private readonly TimeProvider _time;
    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _reading = new(1, 1);
    private readonly List<string> _history = [];
    private readonly Pulse _changes = new();
    private readonly uint _window;
    private readonly uint _clipboard;
    private readonly uint _targets;
    private readonly uint _utf8;
    private readonly uint _transfer;
    private readonly uint _increment;
    private readonly uint[] _textTargets;
    private byte[]? _owned;
    private uint _answerProperty;
    private bool _isAnswered;
    private bool _hasNewPart;

    public unsafe ClipboardOwner(XConnection x, TimeProvider time, IEnumerable<string> history)
    {
        _x = x;
        _time = time;
        _history.AddRange(history);
        _clipboard = x.Atom("CLIPBOARD");
        _targets = x.Atom("TARGETS");
        _utf8 = x.Atom("UTF8_STRING");
        _transfer = x.Atom("HOPX_CLIPBOARD");
        _increment = x.Atom("INCR");
        _textTargets = [_utf8, x.Atom("text/plain;charset=utf-8"), x.Atom("TEXT"), x.Atom("STRING"), x.Atom("text/plain")];
        _window = Xcb.GenerateId(x.Handle);
        var mask = Xcb.EventMaskProperty;
        _ = Xcb.CreateWindow(x.Handle, 0, _window, x.Root, -10, -10, 1, 1, 0, 2, 0, Xcb.AttributeEventMask, &mask);
        // New owner, owner's window gone, owner's program gone.
        _ = Xcb.SelectSelectionInput(x.Handle, _window, _clipboard, 7);
        x.Listen(OnEvent);
    }

    /// <summary>Newest first.</summary>
    public IReadOnlyList<string> History
    {
        get
        {
            lock (_gate)
            {
                return [.. _history];
            }
        }
    }

    public void Set(string text)
    {
        var bytes = Encoding.UTF8.GetBytes(text);
        if (bytes.Length > MostBytes)
        {
            throw new HopxException(HopxErrorCode.PayloadTooLarge, $"The text is larger than the {MostBytes / 1024 / 1024} MiB that the clipboard takes. Write it to a file instead.");
        }

        Own(bytes);
        Remember(text);
        _x.Sync();
    }

    /// <summary>The text on the clipboard; empty when there is none.</summary>
    public async Task<string> GetAsync(CancellationToken cancellationToken)
    {
        if (OwnText() is { } own)
        {
            return own;
        }

        await _reading.WaitAsync(cancellationToken);
        try
        {
            return await ReadAsync(cancellationToken);
        }
        finally
        {
            _reading.Release();
        }
    }

    /// <summary>Reads what somebody copied, so that it is in the history and outlives its program.</summary>
    public async Task FollowAsync(CancellationToken cancellationToken)
    {
        while (!_x.IsLost)
        {
            var next = _changes.Next;
            if (Owner() is not 0 && OwnText() is null && await GetAsync(cancellationToken) is { Length: > 0 } copied)
            {
                Remember(copied);
            }

            await Task.WhenAny(next, _x.Lost);
        }
    }

    public void Dispose() => _reading.Dispose();

    private string? OwnText()
    {
        lock (_gate)
        {
            return _owned is { } owned ? Encoding.UTF8.GetString(owned) : null;
        }
    }

    private void Own(byte[] bytes)
    {
        lock (_gate)
        {
            _owned = bytes;
        }

        _ = Xcb.SetSelectionOwner(_x.Handle, _window, _clipboard, 0);
        _x.Flush();
    }

    private unsafe uint Owner()
    {
        byte* error = null;
        using var reply = _x.Require(Xcb.GetSelectionOwnerReply(_x.Handle, Xcb.GetSelectionOwner(_x.Handle, _clipboard), &error), error);
        return reply.Number(8);
    }

    private void Remember(string text)
    {
        lock (_gate)
        {
            if (_history.Count > 0 && _history[0] == text)
            {
                return;
            }

            _history.Insert(0, text);
            while (_history.Count > MostHistory || (_history.Count > 1 && _history.Sum(entry => entry.Length) > MostHistoryCharacters))
            {
                _history.RemoveAt(_history.Count - 1);
            }
        }
    }

    private async Task<string> ReadAsync(CancellationToken cancellationToken)
    {
        Volatile.Write(ref _isAnswered, false);
        _ = Xcb.DeleteProperty(_x.Handle, _window, _transfer);
        _ = Xcb.ConvertSelection(_x.Handle, _window, _clipboard, _utf8, _transfer, 0);
        _x.Flush();
        if (!await _x.Events.UntilAsync(() => Volatile.Read(ref _isAnswered) || _x.IsLost, Patience, _time, cancellationToken) || _answerProperty == 0)
        {
            return "";
        }

        var (bytes, isInParts) = Take();
        if (!isInParts)
        {
            return Encoding.UTF8.GetString(bytes);
        }

        using var whole = new MemoryStream();
        while (await _x.Events.UntilAsync(() => Volatile.Read(ref _hasNewPart) || _x.IsLost, Patience, _time, cancellationToken))
        {
            Volatile.Write(ref _hasNewPart, false);
            var (part, _) = Take();
            if (part.Length == 0 || whole.Length + part.Length > MostBytes)
            {
                break;
            }

            whole.Write(part);
        }

        return Encoding.UTF8.GetString(whole.ToArray());
    }

    private unsafe (byte[] Bytes, bool IsInParts) Take()
    {
        byte* error = null;
        using var reply = _x.Require(
            Xcb.GetPropertyReply(_x.Handle, Xcb.GetProperty(_x.Handle, 0, _window, _transfer, 0, 0, MostBytes / 4), &error), error);
        var isInParts = reply.Number(8) == _increment;
        var length = (int)Math.Min(reply.Number(16) * (uint)(reply.Byte(1) / 8), (uint)reply.Rest.Length);
        var bytes = isInParts ? [] : reply.Rest[..length].ToArray();
        Volatile.Write(ref _hasNewPart, false);
        // Its deletion asks for the next part.
        _ = Xcb.DeleteProperty(_x.Handle, _window, _transfer);
        _x.Flush();
        return (bytes, isInParts);
    }

    private unsafe void OnEvent(nint message)
    {
        var bytes = (byte*)message;
        var type = (byte)(bytes[0] & 0x7f);
        switch (type)
        {
            case Xcb.SelectionRequest:
                Answer(bytes);
                break;
            case Xcb.SelectionClear when *(uint*)(bytes + 12) == _clipboard:
                lock (_gate)
                {
                    _owned = null;
                }

                break;
            case Xcb.SelectionNotify when *(uint*)(bytes + 8) == _window:
                _answerProperty = *(uint*)(bytes + 20);
                Volatile.Write(ref _isAnswered, true);
                break;
            case Xcb.PropertyNotify when *(uint*)(bytes + 4) == _window && *(uint*)(bytes + 8) == _transfer && bytes[16] == 0:
                Volatile.Write(ref _hasNewPart, true);
                break;
            case var _ when type == _x.FixesEvent:
                OnNewOwner(isGone: bytes[1] != 0 || *(uint*)(bytes + 8) == 0);
                break;
            default:
                break;
        }
    }

    private void OnNewOwner(bool isGone)
    {
        string? last;
        lock (_gate)
        {
            last = _history.Count > 0 ? _history[0] : null;
        }

        if (isGone && last is not null)
        {
            Own(Encoding.UTF8.GetBytes(last));
        }

        _changes.Beat();
    }

    private unsafe void Answer(byte* request)
    {
        var requestor = *(uint*)(request + 12);
        var target = *(uint*)(request + 20);
        var property = *(uint*)(request + 24);
        property = property == 0 ? target : property;
        byte[]? owned;
        lock (_gate)
        {
            owned = _owned;
        }

        if (owned is null)
        {
            property = 0;
        }
        else if (target == _targets)
        {
            uint[] offered = [_targets, .. _textTargets];
            fixed (uint* pointer = offered)
            {
                // Type ATOM.
                _ = Xcb.ChangeProperty(_x.Handle, 0, requestor, property, 4, 32, (uint)offered.Length, pointer);
            }
        }
        else if (_textTargets.Contains(target))
        {
            fixed (byte* pointer = owned)
            {
                _ = Xcb.ChangeProperty(_x.Handle, 0, requestor, property, target, 8, (uint)owned.Length, pointer);
            }
        }
        else
        {
            property = 0;
        }

        var notice = stackalloc byte[32];
        new Span<byte>(notice, 32).Clear();
        notice[0] = Xcb.SelectionNotify;
        *(uint*)(notice + 4) = *(uint*)(request + 4);
        *(uint*)(notice + 8) = requestor;
        *(uint*)(notice + 12) = *(uint*)(request + 16);
        *(uint*)(notice + 16) = target;
        *(uint*)(notice + 20) = property;
        _ = Xcb.SendEvent(_x.Handle, 0, requestor, 0, notice);
        _x.Flush();
    }
}
