using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Hopx.Agent;

/// <summary>Opens and makes what lies beneath an opened directory. No link is followed on the way, whoever changes the tree meanwhile.</summary>
internal static unsafe class BeneathDirectory
{
    private const int OpenDirectoryFlags = OpenFlags.ReadOnly | OpenFlags.CloseOnExec;
    private const nint OpenAt2Number = 437;
    private const ulong ResolveNoLinksBeneath = 0x02 | 0x04 | 0x08;

    /// <summary>Opens a directory to read it.</summary>
    /// <param name="top">Where the path begins.</param>
    /// <param name="path">Ended by a zero.</param>
    /// <param name="error">0, or why it could not be opened.</param>
    public static SafeFileHandle? TryOpen(SafeFileHandle top, ReadOnlySpan<byte> path, out int error)
    {
        fixed (byte* pointer = path)
        {
            var how = new Libc.OpenHow { Flags = (ulong)(OpenDirectoryFlags | OpenFlags.Directory), Resolve = ResolveNoLinksBeneath };
            var descriptor = Libc.OpenAt2(OpenAt2Number, top.Number(), pointer, &how, sizeof(Libc.OpenHow));
            error = descriptor >= 0 ? 0 : Marshal.GetLastPInvokeError();
            return descriptor >= 0
                ? new SafeFileHandle(descriptor, ownsHandle: true)
                // gVisor does not have the call.
                : error is Errno.NoSystemCall or Errno.NotPermitted ? Walk(top, FileNames.ToText(path[..^1]), make: false, out error) : null;
        }
    }

    /// <summary>Opens a directory, made with its parents where it is missing.</summary>
    public static SafeFileHandle OpenOrMake(SafeFileHandle top, string relative, SandboxPath path) =>
        Walk(top, relative, make: true, out var error) ?? throw FileErrors.FromErrno(error, path.Full, "make the directory");

    private static SafeFileHandle? Walk(SafeFileHandle top, string relative, bool make, out int error)
    {
        const uint Mode = 0x1ED; // 0755
        SafeFileHandle? current = null;
        foreach (var name in relative.Split('/', StringSplitOptions.RemoveEmptyEntries).Prepend("."))
        {
            var parent = current ?? top;
            var descriptor = OpenOne(parent, name);
            if (descriptor < 0 && make && Marshal.GetLastPInvokeError() == Errno.NotFound && Libc.MakeDirectory(parent.Number(), name, Mode) is var made
                && (made == 0 || Marshal.GetLastPInvokeError() == Errno.Exists))
            {
                descriptor = OpenOne(parent, name);
            }

            error = descriptor >= 0 ? 0 : Marshal.GetLastPInvokeError();
            current?.Dispose();
            if (descriptor < 0)
            {
                return null;
            }

            current = new SafeFileHandle(descriptor, ownsHandle: true);
        }

        error = 0;
        return current;
    }

    private static int OpenOne(SafeFileHandle parent, string name) =>
        name == ".." ? -1 : Libc.OpenAt(parent.Number(), name, OpenDirectoryFlags | OpenFlags.Directory | OpenFlags.NoFollow, 0);
}
