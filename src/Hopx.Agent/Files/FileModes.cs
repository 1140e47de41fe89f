using System.Runtime.InteropServices;
using Hopx.Client;
using Microsoft.Win32.SafeHandles;

namespace Hopx.Agent;

/// <summary>Changes permissions, of all that is in a directory too where that is asked for. What links lead to keeps its own.</summary>
internal sealed class FileModes(SandboxFileSystem files)
{
    public SandboxPath Change(ChangeModeRequest? request, CancellationToken cancellationToken)
    {
        var path = files.Locate(request?.Path);
        if (string.IsNullOrWhiteSpace(request!.Mode))
        {
            throw new HopxException(HopxErrorCode.MissingParameter, "'mode' is missing. Use octal digits such as 0644 or 0755.");
        }

        var mode = FilePermissions.Choose(request.Mode, replaced: null);
        using var found = files.Find(path) ?? throw FileErrors.NotFound(path.Full);
        if (request.Recursive is true && SandboxFileSystem.GetStatus(found, path).IsDirectory)
        {
            ChangeBeneath(found, mode, path, cancellationToken);
        }

        Apply(found, mode, path);
        return path;
    }

    private static void ChangeBeneath(SafeFileHandle top, uint mode, SandboxPath path, CancellationToken cancellationToken)
    {
        using var opened = SandboxFileSystem.OpenToRead(top, path);
        using var walk = new TreeWalk(opened);
        var directories = new List<string>();
        while (walk.MoveNext())
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (walk.Type == TreeWalk.Directory)
            {
                directories.Add(walk.GetPath());
            }
            else if (walk.Type != TreeWalk.Link)
            {
                ChangeEntry(walk.Parent, FileNames.ToText(walk.Name), mode, path);
            }
        }

        // The deepest first: the new mode may keep us from going down.
        for (var i = directories.Count - 1; i >= 0; i--)
        {
            using var directory = BeneathDirectory.TryOpen(opened, FileNames.ToBytes(directories[i]), out _);
            if (directory is not null)
            {
                _ = Libc.ChangeMode(directory.Number(), mode);
            }
        }
    }

    private static void ChangeEntry(SafeFileHandle directory, string name, uint mode, SandboxPath path)
    {
        var descriptor = Libc.OpenAt(directory.Number(), name, OpenFlags.PathOnly | OpenFlags.NoFollow | OpenFlags.CloseOnExec, 0);
        if (descriptor < 0)
        {
            return;
        }

        using var entry = new SafeFileHandle(descriptor, ownsHandle: true);
        if (!SandboxFileSystem.GetStatus(entry, path).IsLink)
        {
            Apply(entry, mode, path);
        }
    }

    private static void Apply(SafeFileHandle opened, uint mode, SandboxPath path)
    {
        // A descriptor that only names a file cannot be changed itself.
        if (Libc.ChangeMode(Libc.AtFdCwd, $"/proc/self/fd/{opened.Number()}", mode, 0) != 0)
        {
            throw FileErrors.FromErrno(Marshal.GetLastPInvokeError(), path.Full, "set the mode of");
        }
    }
}
