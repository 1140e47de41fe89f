using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Hopx.Agent;

/// <summary>Makes copies with modes and times, holes as holes. Pipes, sockets and devices are passed over.</summary>
internal static unsafe class FileCopier
{
    private const uint PrivateMode = 0x180; // 0600
    private const uint PermissionBits = 0x1FF; // 0777
    private const int MaxLinkBytes = 4096;

    /// <param name="from">The directory that holds the source.</param>
    /// <param name="source">The source.</param>
    /// <param name="to">The directory that gets the copy.</param>
    /// <param name="name">The name of the copy; must be new.</param>
    /// <param name="cancellationToken">The caller's patience.</param>
    public static void Copy(SafeFileHandle from, SandboxPath source, SafeFileHandle to, string name, CancellationToken cancellationToken)
    {
        var status = SandboxFileSystem.GetEntryStatus(from, source.Name) ?? throw FileErrors.NotFound(source.Full);
        if (status.IsDirectory)
        {
            CopyTree(from, source, status, to, name, cancellationToken);
        }
        else if (!CopyOne(from, source.Name, to, name, source, cancellationToken))
        {
            throw FileErrors.Invalid(source.Full, "is no regular file but a pipe, socket or device, which cannot be copied.");
        }
    }

    private static void CopyTree(SafeFileHandle from, SandboxPath source, FileStatus status, SafeFileHandle to, string name, CancellationToken cancellationToken)
    {
        var descriptor = Libc.OpenAt(from.Number(), source.Name, OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.NoFollow | OpenFlags.CloseOnExec, 0);
        using var top = descriptor >= 0
            ? new SafeFileHandle(descriptor, ownsHandle: true)
            : throw FileErrors.FromErrno(Marshal.GetLastPInvokeError(), source.Full, "read the directory");
        using var target = BeneathDirectory.OpenOrMake(to, name, source);
        using var walk = new TreeWalk(top);
        using var cursor = new DirectoryCursor(target, source);
        var closed = new List<(string Path, uint Mode)>();
        SetMode("", status.Mode);
        byte[] parentPath = [];
        var parent = "";
        while (walk.MoveNext())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (!walk.ParentPath.SequenceEqual(parentPath))
            {
                parentPath = walk.ParentPath.ToArray();
                parent = FileNames.ToText(parentPath);
            }

            var entry = FileNames.ToText(walk.Name);
            if (walk.Type != TreeWalk.Directory)
            {
                _ = CopyOne(walk.Parent, entry, cursor.Open(parent), entry, source, cancellationToken);
            }
            else if (SandboxFileSystem.GetEntryStatus(walk.Parent, entry) is { IsDirectory: true } directory)
            {
                SetMode(parent.Length == 0 ? entry : $"{parent}/{entry}", directory.Mode);
            }
        }

        for (var i = closed.Count - 1; i >= 0; i--)
        {
            _ = Libc.ChangeMode(cursor.Open(closed[i].Path).Number(), closed[i].Mode);
        }

        void SetMode(string path, uint mode)
        {
            const uint OwnerMayAll = 0x1C0; // 0700
            var made = cursor.Open(path);
            if ((mode & OwnerMayAll) == OwnerMayAll)
            {
                _ = Libc.ChangeMode(made.Number(), mode & PermissionBits);
            }
            else
            {
                // Last, since it would keep us from filling the directory.
                closed.Add((path, mode & PermissionBits));
            }
        }
    }

    /// <returns>False when it is nothing that can be copied, or gone.</returns>
    private static bool CopyOne(SafeFileHandle from, string name, SafeFileHandle to, string newName, SandboxPath path, CancellationToken cancellationToken)
    {
        var status = SandboxFileSystem.GetEntryStatus(from, name);
        if (status is { IsLink: true })
        {
            return CopyLink(from, name, to, newName, path);
        }

        if (status is not { IsRegular: true })
        {
            return false;
        }

        var descriptor = Libc.OpenAt(from.Number(), name, OpenFlags.ReadOnly | OpenFlags.NoFollow | OpenFlags.NonBlocking | OpenFlags.CloseOnExec, 0);
        if (descriptor < 0)
        {
            var error = Marshal.GetLastPInvokeError();
            return error is Errno.NotFound or Errno.TooManyLinks ? false : throw FileErrors.FromErrno(error, path.Full, "read");
        }

        using var source = new SafeFileHandle(descriptor, ownsHandle: true);
        // What was opened counts, not what stood there before.
        if (SandboxFileSystem.GetStatus(source, path) is not { IsRegular: true } opened)
        {
            return false;
        }

        using var target = Create(to, newName, path);
        _ = FileContentCopy.Copy(source, target, path, cancellationToken);
        _ = Libc.ChangeMode(target.Number(), opened.Mode & PermissionBits);
        File.SetLastWriteTimeUtc(target, opened.Modified.UtcDateTime);
        return true;
    }

    private static bool CopyLink(SafeFileHandle from, string name, SafeFileHandle to, string newName, SandboxPath path)
    {
        var buffer = stackalloc byte[MaxLinkBytes];
        var length = Libc.ReadLink(from.Number(), name, buffer, MaxLinkBytes);
        if (length < 0)
        {
            return false;
        }

        return Libc.MakeLink(FileNames.ToText(new ReadOnlySpan<byte>(buffer, (int)length)), to.Number(), newName) == 0
            ? true
            : throw FileErrors.FromErrno(Marshal.GetLastPInvokeError(), path.Full, "copy");
    }

    private static SafeFileHandle Create(SafeFileHandle directory, string name, SandboxPath path)
    {
        var descriptor = Libc.OpenAt(
            directory.Number(), name, OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow | OpenFlags.CloseOnExec, PrivateMode);
        return descriptor >= 0
            ? new SafeFileHandle(descriptor, ownsHandle: true)
            : throw FileErrors.FromErrno(Marshal.GetLastPInvokeError(), path.Full, "write");
    }
}
