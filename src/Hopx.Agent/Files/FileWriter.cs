using Microsoft.Extensions.Options;
using Microsoft.Win32.SafeHandles;

namespace Hopx.Agent;

/// <summary>Writes whole files: all of it takes the old one's place at once, or nothing changes.</summary>
internal sealed class FileWriter(SandboxFileSystem files, IOptions<FilesOptions> options)
{
    /// <returns>Where the file really is.</returns>
    public SandboxPath Write(SandboxPath path, ReadOnlySpan<byte> content, string? mode, bool overwrite)
    {
        using var target = OpenTarget(path, overwrite);
        var permissions = FilePermissions.Choose(mode, target.Replaced);
        using var pending = new PendingFile(target.Directory, target.Path);
        pending.Write(content);
        if (!TryPutInPlace(pending, target, permissions, overwrite))
        {
            throw FileErrors.FromErrno(Errno.CrossDevice, path.Full, "write");
        }

        return target.Path;
    }

    /// <summary>Puts what was written in its place, on the disk too where that is wanted.</summary>
    /// <returns>False when the place is on another file system.</returns>
    public bool TryPutInPlace(PendingFile pending, Target target, uint permissions, bool overwrite)
    {
        if (options.Value.FlushToDisk)
        {
            pending.Flush();
        }

        if (!pending.TryPutInPlace(target.Directory, target.Path, permissions, target.Replaced, overwrite))
        {
            return false;
        }

        if (options.Value.FlushToDisk)
        {
            // The name is in the directory, which is written apart.
            using var directory = SandboxFileSystem.OpenToRead(target.Directory, target.Path);
            _ = Libc.Flush(directory.Number());
        }

        return true;
    }

    /// <summary>Finds the place of a file: links are followed, missing parents made, and what cannot be replaced by a file is refused.</summary>
    public Target OpenTarget(SandboxPath path, bool overwrite)
    {
        if (path.IsRoot)
        {
            throw FileErrors.Invalid(path.Full, "is a directory; name a file in it.");
        }

        FileStatus? replaced = null;
        if (files.FindReal(path) is var (existing, real))
        {
            using (existing)
            {
                replaced = SandboxFileSystem.GetStatus(existing, path);
                if (!replaced.IsRegular)
                {
                    throw FileErrors.Invalid(path.Full, replaced.IsDirectory ? "is a directory; name a file in it." : "is no regular file and cannot be replaced by one.");
                }

                if (!overwrite)
                {
                    throw FileErrors.Exists(path.Full, "Allow it to be overwritten, or choose another name.");
                }

                path = real;
            }
        }

        var directory = files.OpenDirectory(path.Parent, create: true);
        if (replaced is null && SandboxFileSystem.GetEntryStatus(directory, path.Name) is { IsLink: true })
        {
            directory.Dispose();
            throw new Client.HopxException(
                Client.HopxErrorCode.PathNotAllowed, $"{path.Full} is a link to something that does not exist; writing through it could leave the allowed directories. Remove it first.")
            {
                Path = path.Full,
            };
        }

        return new Target(path, directory, replaced);
    }

    /// <summary>The place of a file that will be written.</summary>
    internal sealed record Target(SandboxPath Path, SafeFileHandle Directory, FileStatus? Replaced) : IDisposable
    {
        public void Dispose() => Directory.Dispose();
    }
}
