using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Hopx.Client;
using Microsoft.Win32.SafeHandles;

namespace Hopx.Agent;

/// <summary>Removes files, and directories with all that is in them. Links are removed, never followed.</summary>
internal sealed class FileRemover(SandboxFileSystem files)
{
    // Each level holds a descriptor; what lies deeper is first moved up.
    private const int MaxDepth = 64;
    private const int MaxNames = 10_000;

    public void Remove(SandboxPath path, CancellationToken cancellationToken)
    {
        if (path.IsRoot)
        {
            throw new HopxException(HopxErrorCode.PathNotAllowed, $"{path.Full} itself cannot be removed, only what is in it.") { Path = path.Full };
        }

        using var parent = files.Find(path.Parent) ?? throw FileErrors.NotFound(path.Full);
        var status = SandboxFileSystem.GetEntryStatus(parent, path.Name) ?? throw FileErrors.NotFound(path.Full);
        if (status.IsDirectory)
        {
            RemoveDirectory(parent, path.Name, path, cancellationToken);
        }
        else
        {
            Unlink(parent, path.Name, 0, path);
        }
    }

    /// <summary>Removes a directory that was made for something that failed.</summary>
    public static void RemoveDirectory(SafeFileHandle parent, string name, SandboxPath path, CancellationToken cancellationToken)
    {
        using var top = OpenEntry(parent, name, path);
        do
        {
            _ = Empty(top, top, depth: 0, path, cancellationToken);
        }
        while (SandboxFileSystem.ReadNames(top, path, limit: 1).Count > 0);

        Unlink(parent, name, Libc.AtRemoveDir, path);
    }

    /// <returns>Whether the directory was so full that there is more.</returns>
    private static bool Empty(SafeFileHandle directory, SafeFileHandle top, int depth, SandboxPath path, CancellationToken cancellationToken)
    {
        var names = SandboxFileSystem.ReadNames(directory, path, MaxNames);
        foreach (var name in names)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (SandboxFileSystem.GetEntryStatus(directory, name) is not { IsDirectory: true })
            {
                Unlink(directory, name, 0, path);
            }
            else if (depth >= MaxDepth)
            {
                MoveUp(directory, name, top, path);
            }
            else
            {
                using (var inner = OpenEntry(directory, name, path))
                {
                    while (Empty(inner, top, depth + 1, path, cancellationToken))
                    {
                    }
                }

                Unlink(directory, name, Libc.AtRemoveDir, path);
            }
        }

        return names.Count == MaxNames;
    }

    private static void MoveUp(SafeFileHandle directory, string name, SafeFileHandle top, SandboxPath path)
    {
        if (Libc.Rename(directory.Number(), name, top.Number(), $".hopx-{RandomNumberGenerator.GetHexString(12)}", Libc.RenameNoReplace) != 0)
        {
            throw FileErrors.FromErrno(Marshal.GetLastPInvokeError(), path.Full, "remove");
        }
    }

    private static SafeFileHandle OpenEntry(SafeFileHandle directory, string name, SandboxPath path)
    {
        var descriptor = Libc.OpenAt(directory.Number(), name, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow | OpenFlags.CloseOnExec, 0);
        return descriptor >= 0
            ? new SafeFileHandle(descriptor, ownsHandle: true)
            : throw FileErrors.FromErrno(Marshal.GetLastPInvokeError(), path.Full, "remove");
    }

    private static void Unlink(SafeFileHandle directory, string name, int flags, SandboxPath path)
    {
        if (Libc.Unlink(directory.Number(), name, flags) != 0 && Marshal.GetLastPInvokeError() is var error and not Errno.NotFound)
        {
            throw error == Errno.NotEmpty
                ? new HopxException(HopxErrorCode.Conflict, $"{path.Full} is being filled while it is removed. Stop what writes to it, then try again.") { Path = path.Full }
                : FileErrors.FromErrno(error, path.Full, "remove");
        }
    }
}
