using System.Globalization;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Hopx.Agent;

/// <summary>A terminal that a program believes in. This end is read and written by readiness, without a thread.</summary>
internal sealed class PseudoTerminal : IDisposable
{
    // Above the descriptors that a child will see.
    private const int AboveTargets = 64;

    private readonly Socket _master;

    private PseudoTerminal(Socket master, int number)
    {
        _master = master;
        Number = number;
        Path = string.Create(CultureInfo.InvariantCulture, $"/dev/pts/{number}");
    }

    /// <summary>Which of the terminals it is: <c>/dev/pts/number</c>.</summary>
    public int Number { get; }

    /// <summary>The program's end.</summary>
    public string Path { get; }

    public static PseudoTerminal Open()
    {
        // The first one is where no program can put something else.
        var descriptor = OpenMaster("/dev/pts/ptmx");
        descriptor = descriptor >= 0 ? descriptor : OpenMaster("/dev/ptmx");
        if (descriptor < 0)
        {
            throw new NativeException("open a terminal", Marshal.GetLastPInvokeError());
        }

        // The descriptor of a socket may be of any kind that can be waited for: pipes in .NET are read this way too.
        var master = new Socket(new SafeSocketHandle(descriptor, ownsHandle: true));
        try
        {
            return new PseudoTerminal(master, Unlock(descriptor));
        }
        catch
        {
            master.Dispose();
            throw;
        }
    }

    /// <summary>The program's end, to be handed to a child.</summary>
    public SafeFileHandle OpenSlave()
    {
        using var slave = new SafeFileHandle(
            Libc.OpenAt(Libc.AtFdCwd, Path, OpenFlags.ReadWrite | OpenFlags.NoControllingTerminal | OpenFlags.CloseOnExec, 0), ownsHandle: true);
        return slave.IsInvalid ? throw new NativeException("open a terminal's other end", Marshal.GetLastPInvokeError()) : Duplicate(slave.Number());
    }

    /// <summary>This end once more, for somebody else who reads it.</summary>
    public SafeFileHandle DuplicateMaster() => Duplicate((int)_master.Handle);

    public unsafe void Resize(int cols, int rows)
    {
        var size = new Libc.WindowSize { Rows = (ushort)rows, Cols = (ushort)cols };
        _ = Libc.Control((int)_master.Handle, Libc.SetWindowSize, &size);
    }

    /// <returns>How many bytes; 0 once nobody has the other end open any more.</returns>
    public async ValueTask<int> ReadAsync(Memory<byte> buffer)
    {
        try
        {
            return await _master.ReceiveAsync(buffer, SocketFlags.None, CancellationToken.None);
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
        {
            // Linux calls that an input/output error.
            return 0;
        }
    }

    public async ValueTask<bool> WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            while (bytes.Length > 0)
            {
                bytes = bytes[await _master.SendAsync(bytes, SocketFlags.None, cancellationToken)..];
            }

            return true;
        }
        catch (Exception ended) when (ended is SocketException or ObjectDisposedException)
        {
            return false;
        }
    }

    /// <summary>Hangs up: the program in front gets SIGHUP.</summary>
    public void Dispose() => _master.Dispose();

    private static SafeFileHandle Duplicate(int descriptor)
    {
        var high = Libc.FileControl(descriptor, Libc.DuplicateAboveCloseOnExec, AboveTargets);
        return high >= 0 ? new SafeFileHandle(high, ownsHandle: true) : throw new NativeException("share a terminal", Marshal.GetLastPInvokeError());
    }

    private static int OpenMaster(string path) => Libc.OpenAt(
        Libc.AtFdCwd, path, OpenFlags.ReadWrite | OpenFlags.NoControllingTerminal | OpenFlags.CloseOnExec | OpenFlags.NonBlocking, 0);

    private static unsafe int Unlock(int descriptor)
    {
        int unlocked = 0;
        int number;
        return Libc.Control(descriptor, Libc.SetTerminalLock, &unlocked) == 0 && Libc.Control(descriptor, Libc.GetTerminalNumber, &number) == 0
            ? number
            : throw new NativeException("unlock a terminal", Marshal.GetLastPInvokeError());
    }
}
