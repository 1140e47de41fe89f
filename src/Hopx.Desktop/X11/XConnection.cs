using System.Collections.Concurrent;
using System.Text;
using Hopx.Client;

namespace Hopx.Desktop;

/// <summary>A connection to the X server, with a thread that hands its events out. All calls may come from any thread.</summary>
internal sealed unsafe class XConnection : IDisposable
{
    private const int EventStackBytes = 512 * 1024;
    private const uint LongestPropertyWords = 4 * 1024 * 1024 / 4;

    private readonly TaskCompletionSource _lost = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly ConcurrentDictionary<string, uint> _atoms = new(StringComparer.Ordinal);
    private readonly List<Action<nint>> _listeners = [];
    private readonly Lock _gate = new();
    private readonly Thread _events;
    private volatile bool _isClosed;

    private XConnection(nint handle)
    {
        Handle = handle;
        var screen = Xcb.Roots(Xcb.GetSetup(handle)).Data;
        Root = *(uint*)screen;
        Depth = screen[38];
        (DamageEvent, _) = Extension("DAMAGE");
        (FixesEvent, _) = Extension("XFIXES");
        _ = Extension("XTEST");
        _ = Extension("MIT-SHM");
        _ = Extension("RANDR");
        byte* error = null;
        using (new XReply(Xcb.DamageVersionReply(handle, Xcb.DamageVersion(handle, 1, 1), &error)))
        using (new XReply(Xcb.FixesVersionReply(handle, Xcb.FixesVersion(handle, 5, 0), &error)))
        {
        }

        _events = new Thread(ReadEvents, EventStackBytes) { IsBackground = true, Name = "X events" };
    }

    public nint Handle { get; }

    public uint Root { get; }

    public byte Depth { get; }

    /// <summary>Number of the event that tells of damage.</summary>
    public byte DamageEvent { get; }

    /// <summary>Number of the event that tells of a selection's new owner.</summary>
    public byte FixesEvent { get; }

    /// <summary>Ends when the server is gone.</summary>
    public Task Lost => _lost.Task;

    public bool IsLost => _lost.Task.IsCompleted;

    /// <summary>Beats after each event was handed out.</summary>
    public Pulse Events { get; } = new();

    /// <summary>Null when nobody listens there yet.</summary>
    public static XConnection? TryOpen(string display)
    {
        var handle = Xcb.Connect(display, out _);
        if (Xcb.HasError(handle) != 0)
        {
            Xcb.Disconnect(handle);
            return null;
        }

        return new XConnection(handle);
    }

    /// <summary>Adds a receiver of events, which runs on their thread: it must be quick and must not wait for events.</summary>
    public void Listen(Action<nint> listener)
    {
        lock (_gate)
        {
            _listeners.Add(listener);
        }
    }

    /// <summary>Begins to hand out events, once all listen.</summary>
    public void StartEvents() => _events.Start();

    public uint Atom(string name)
    {
        if (_atoms.TryGetValue(name, out var known))
        {
            return known;
        }

        byte* error = null;
        using var reply = Require(Xcb.InternAtomReply(Handle, Xcb.InternAtom(Handle, 0, (ushort)name.Length, name), &error), error);
        return _atoms[name] = reply.Number(8);
    }

    /// <summary>The reply, or what its lack means.</summary>
    public XReply Require(byte* reply, byte* error)
    {
        if (reply is not null)
        {
            return new XReply(reply);
        }

        var code = error is null ? 0 : error[1];
        if (error is not null)
        {
            Xcb.Free(error);
        }

        if (code is not 0 && Xcb.HasError(Handle) == 0)
        {
            throw new HopxException(
                HopxErrorCode.Conflict, $"The X server refused the request (error {code}): the window or the size of the screen has changed meanwhile. Take a new screenshot and try again.");
        }

        // The thread of the events may not have noticed yet, and whoever catches this must not be given the same connection again.
        _lost.TrySetResult();
        throw new HopxException(
            HopxErrorCode.Conflict, "The X server ended in the middle of this call. It is started again; its windows are gone. Take a new screenshot and go on from there.");
    }

    /// <summary>Sends what waits, and returns when the server has done it.</summary>
    public void Sync()
    {
        byte* error = null;
        Require(Xcb.GetInputFocusReply(Handle, Xcb.GetInputFocus(Handle), &error), error).Dispose();
    }

    public void Flush() => _ = Xcb.Flush(Handle);

    /// <summary>Bytes of a property; empty when the window or the property is not there.</summary>
    public byte[] ReadProperty(uint window, uint property, uint type = 0, bool delete = false)
    {
        byte* error = null;
        using var reply = new XReply(Xcb.GetPropertyReply(
            Handle, Xcb.GetProperty(Handle, (byte)(delete ? 1 : 0), window, property, type, 0, LongestPropertyWords), &error));
        if (error is not null)
        {
            Xcb.Free(error);
        }

        if (reply.IsNull)
        {
            return [];
        }

        var length = checked((int)reply.Number(16)) * (reply.Byte(1) / 8);
        return reply.Rest[..Math.Min(length, reply.Rest.Length)].ToArray();
    }

    /// <summary>Numbers of a property.</summary>
    public uint[] ReadNumbers(uint window, string property)
    {
        var bytes = ReadProperty(window, Atom(property));
        var numbers = new uint[bytes.Length / 4];
        Buffer.BlockCopy(bytes, 0, numbers, 0, numbers.Length * 4);
        return numbers;
    }

    public string ReadText(uint window, string property) => Encoding.UTF8.GetString(ReadProperty(window, Atom(property)));

    /// <summary>Asks the window manager, or tells a window.</summary>
    public void SendMessage(uint destination, uint window, string type, uint mask, params ReadOnlySpan<uint> data)
    {
        var message = stackalloc byte[32];
        new Span<byte>(message, 32).Clear();
        message[0] = Xcb.ClientMessage;
        message[1] = 32;
        *(uint*)(message + 4) = window;
        *(uint*)(message + 8) = Atom(type);
        for (var i = 0; i < data.Length; i++)
        {
            *(uint*)(message + 12 + (i * 4)) = data[i];
        }

        _ = Xcb.SendEvent(Handle, 0, destination, mask, message);
        Flush();
    }

    public (int Width, int Height) ScreenSize()
    {
        byte* error = null;
        using var reply = Require(Xcb.GetGeometryReply(Handle, Xcb.GetGeometry(Handle, Root), &error), error);
        return (reply.Short(16), reply.Short(18));
    }

    public void Dispose()
    {
        if (_isClosed)
        {
            return;
        }

        _isClosed = true;
        _lost.TrySetResult();
        // A message to a window of nobody makes no event, so the thread ends when the server hangs up; the handle must live until then.
        if (_events.IsAlive)
        {
            ShutDownSocket();
            _events.Join();
        }

        Xcb.Disconnect(Handle);
    }

    private void ShutDownSocket() => _ = NativeSocket.ShutDown(NativeSocket.DescriptorOf(Handle), 2);

    private (byte FirstEvent, byte Opcode) Extension(string name)
    {
        byte* error = null;
        using var reply = Require(Xcb.QueryExtensionReply(Handle, Xcb.QueryExtension(Handle, (ushort)name.Length, name), &error), error);
        return reply.Byte(8) != 0
            ? (reply.Byte(10), reply.Byte(9))
            : throw new HopxException(HopxErrorCode.DesktopNotAvailable, $"The X server of this template lacks the extension {name}, without which its desktop cannot be used.");
    }

    private void ReadEvents()
    {
        while (Xcb.WaitForEvent(Handle) is var message && message is not null)
        {
            Action<nint>[] listeners;
            lock (_gate)
            {
                listeners = [.. _listeners];
            }

            foreach (var listener in listeners)
            {
                listener((nint)message);
            }

            Xcb.Free(message);
            Events.Beat();
        }

        _lost.TrySetResult();
        Events.Beat();
    }
}
