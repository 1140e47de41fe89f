using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Hopx.Agent;

/// <summary>Makes file descriptors that no child inherits unless it is given them.</summary>
internal static unsafe class Descriptor
{
    // Descriptors for children are made above the ones that the child will see, so that moving one never overwrites another.
    private const int AboveTargets = 64;

    public static (SafeFileHandle Read, SafeFileHandle Write) CreatePipe()
    {
        var ends = stackalloc int[2];
        if (Libc.Pipe(ends, OpenFlags.CloseOnExec) != 0)
        {
            throw new NativeException("make a pipe", Marshal.GetLastPInvokeError());
        }

        return (new SafeFileHandle(ends[0], ownsHandle: true), MoveUp(ends[1]));
    }

    /// <summary>A file without a name that holds <paramref name="content"/>; gone when its last reader closes it.</summary>
    public static SafeFileHandle CreateMemoryFile(string name, ReadOnlySpan<byte> content)
    {
        var descriptor = Libc.CreateMemoryFile(name, Libc.MemoryFileCloseOnExec);
        if (descriptor < 0)
        {
            throw new NativeException("make a memory file", Marshal.GetLastPInvokeError());
        }

        var file = MoveUp(descriptor);
        try
        {
            RandomAccess.Write(file, content, fileOffset: 0);
            return file;
        }
        catch
        {
            file.Dispose();
            throw;
        }
    }

    /// <summary>What <c>/proc</c> calls it; the two ends of a pipe have one name.</summary>
    public static string? NameOf(SafeFileHandle handle) => new FileInfo($"/proc/self/fd/{handle.Number()}").LinkTarget;

    public static int Number(this SafeFileHandle handle) => (int)handle.DangerousGetHandle();

    private static SafeFileHandle MoveUp(int descriptor)
    {
        using var low = new SafeFileHandle(descriptor, ownsHandle: true);
        var high = Libc.FileControl(descriptor, Libc.DuplicateAboveCloseOnExec, AboveTargets);
        return high >= 0 ? new SafeFileHandle(high, ownsHandle: true) : throw new NativeException("duplicate a descriptor", Marshal.GetLastPInvokeError());
    }
}
