using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Hopx.Agent;

/// <summary>
/// The agent's end of the socket to a Python process: messages of a length, a letter and fields, as <c>hopx_python.py</c> describes them.
/// The other end belongs to code that nobody trusts, so a message is bounded and no call waits for ever.
/// </summary>
internal sealed unsafe class PythonChannel : IDisposable
{
    private const int FirstBytes = 4 * 1024;
    private const int KeptBytes = 64 * 1024;
    private const int AboveStandard = 64;
    private const int MaxDescriptors = 8;

    private static readonly TimeSpan SendTimeout = TimeSpan.FromSeconds(10);

    private readonly SafeFileHandle _socket;
    private readonly int _maxMessageBytes;
    private byte[] _buffer = new byte[FirstBytes];
    private int _start;
    private int _end;

    private PythonChannel(SafeFileHandle socket, int maxMessageBytes)
    {
        _socket = socket;
        _maxMessageBytes = maxMessageBytes;
    }

    public SafeFileHandle Socket => _socket;

    /// <param name="maxMessageBytes">The longest message that is taken.</param>
    /// <param name="other">The process's end.</param>
    public static PythonChannel Create(int maxMessageBytes, out SafeFileHandle other)
    {
        var ends = stackalloc int[2];
        if (Libc.SocketPair(Libc.UnixSockets, Libc.StreamSocket | Libc.SocketCloseOnExec, 0, ends) != 0)
        {
            throw new NativeException("make a socket pair", Marshal.GetLastPInvokeError());
        }

        var own = new SafeFileHandle(ends[0], ownsHandle: true);
        using var low = new SafeFileHandle(ends[1], ownsHandle: true);
        // Above those that the child will see, so that moving one never overwrites another.
        var high = Libc.FileControl(ends[1], Libc.DuplicateAboveCloseOnExec, AboveStandard);
        if (high < 0)
        {
            var error = Marshal.GetLastPInvokeError();
            own.Dispose();
            throw new NativeException("duplicate a descriptor", error);
        }

        other = new SafeFileHandle(high, ownsHandle: true);
        return new PythonChannel(own, maxMessageBytes);
    }

    /// <returns>False when the process is gone or does not read.</returns>
    public bool TrySend(char kind, params ReadOnlySpan<string> fields) => TrySend(kind, [], fields);

    /// <param name="kind">The letter.</param>
    /// <param name="descriptors">Passed on with the message.</param>
    /// <param name="fields">Sent as UTF-8.</param>
    public bool TrySend(char kind, ReadOnlySpan<SafeFileHandle> descriptors, params ReadOnlySpan<string> fields)
    {
        var length = 1;
        foreach (var field in fields)
        {
            length += sizeof(int) + Encoding.UTF8.GetByteCount(field);
        }

        var frame = ArrayPool<byte>.Shared.Rent(sizeof(int) + length);
        try
        {
            BinaryPrimitives.WriteInt32BigEndian(frame, length);
            frame[sizeof(int)] = (byte)kind;
            var at = sizeof(int) + 1;
            foreach (var field in fields)
            {
                var written = Encoding.UTF8.GetBytes(field, frame.AsSpan(at + sizeof(int)));
                BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(at), written);
                at += sizeof(int) + written;
            }

            return TrySendAll(frame.AsSpan(0, at), descriptors);
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(frame);
        }
    }

    /// <summary>Reads what has come.</summary>
    /// <returns>False when the process has closed its end, or sent what cannot be a message.</returns>
    public bool Fill()
    {
        if (_start > 0)
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            _end -= _start;
            _start = 0;
        }

        var needed = KeptBytes / 2;
        if (_end >= sizeof(int))
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(_buffer);
            if (length <= 0 || length > _maxMessageBytes)
            {
                return false;
            }

            needed = sizeof(int) + length;
        }

        if (_end == _buffer.Length)
        {
            Array.Resize(ref _buffer, Math.Min(Math.Max(needed, FirstBytes), _buffer.Length * 4));
        }

        fixed (byte* start = _buffer)
        {
            var read = Libc.Receive(_socket.Number(), start + _end, (nuint)(_buffer.Length - _end), Libc.DoNotWait);
            if (read > 0)
            {
                _end += (int)read;
                return true;
            }

            return read < 0 && Marshal.GetLastPInvokeError() is Errno.TryAgain or Errno.Interrupted;
        }
    }

    /// <summary>Takes the next whole message; its fields are valid until the next <see cref="Fill"/>.</summary>
    public bool TryTake(out byte kind, out PythonFields fields)
    {
        kind = 0;
        fields = default;
        if (_end - _start < sizeof(int)
            || BinaryPrimitives.ReadInt32BigEndian(_buffer.AsSpan(_start)) is not (> 0 and var length)
            || length > _end - _start - sizeof(int))
        {
            return false;
        }

        kind = _buffer[_start + sizeof(int)];
        fields = new PythonFields(_buffer.AsSpan(_start + sizeof(int) + 1, length - 1));
        _start += sizeof(int) + length;
        if (_start == _end)
        {
            _start = _end = 0;
        }

        return true;
    }

    /// <summary>Gives a large buffer back; what was taken is not valid any more.</summary>
    public void Trim()
    {
        if (_start == _end && _buffer.Length > KeptBytes)
        {
            _buffer = new byte[FirstBytes];
            _start = _end = 0;
        }
    }

    /// <summary>Waits for a message that comes soon.</summary>
    public bool WaitForInput(TimeSpan patience)
    {
        var entry = new Libc.PollDescriptor { Descriptor = _socket.Number(), Events = Libc.PollIn };
        int ready;
        do
        {
            ready = Libc.Poll(&entry, 1, (int)patience.TotalMilliseconds);
        }
        while (ready < 0 && Marshal.GetLastPInvokeError() == Errno.Interrupted);
        return ready > 0;
    }

    public void Dispose() => _socket.Dispose();

    private bool TrySendAll(ReadOnlySpan<byte> bytes, ReadOnlySpan<SafeFileHandle> descriptors)
    {
        while (bytes.Length > 0)
        {
            var sent = Send(bytes, descriptors);
            if (sent > 0)
            {
                bytes = bytes[sent..];
                descriptors = [];
                continue;
            }

            if (Marshal.GetLastPInvokeError() is not (Errno.TryAgain or Errno.Interrupted))
            {
                return false;
            }

            var entry = new Libc.PollDescriptor { Descriptor = _socket.Number(), Events = Libc.PollOut };
            if (Libc.Poll(&entry, 1, (int)SendTimeout.TotalMilliseconds) == 0)
            {
                return false;
            }
        }

        return true;
    }

    private int Send(ReadOnlySpan<byte> bytes, ReadOnlySpan<SafeFileHandle> descriptors)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(descriptors.Length, MaxDescriptors);
        var control = stackalloc byte[sizeof(Libc.ControlHeader) + (MaxDescriptors * sizeof(int))];
        fixed (byte* start = bytes)
        {
            var part = new Libc.MemoryRange { Start = (nuint)start, Length = (nuint)bytes.Length };
            var message = new Libc.MessageHeader { Parts = &part, PartCount = 1 };
            if (descriptors.Length > 0)
            {
                var header = (Libc.ControlHeader*)control;
                header->Length = (nuint)(sizeof(Libc.ControlHeader) + (descriptors.Length * sizeof(int)));
                header->Level = Libc.SocketLevel;
                header->Type = Libc.PassDescriptors;
                var numbers = (int*)(control + sizeof(Libc.ControlHeader));
                for (var i = 0; i < descriptors.Length; i++)
                {
                    numbers[i] = descriptors[i].Number();
                }

                message.Control = control;
                message.ControlLength = (header->Length + 7) & ~(nuint)7;
            }

            return (int)Libc.SendMessage(_socket.Number(), &message, Libc.DoNotWait | Libc.NoSignal);
        }
    }
}
