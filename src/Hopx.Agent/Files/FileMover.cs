using System.Runtime.InteropServices;
using Hopx.Client;
using Microsoft.Win32.SafeHandles;

namespace Hopx.Agent;

/// <summary>Moves and copies files, and directories with all that is in them. Links are moved and copied as links.</summary>
internal sealed class FileMover(SandboxFileSystem files, FileRemover remover)
{
    /// <returns>Where it is now.</returns>
    public SandboxPath Move(string? from, string? to, bool overwrite, CancellationToken cancellationToken)
    {
        using var move = Prepare(from, to, overwrite);
        if (Libc.Rename(move.SourceDirectory.Number(), move.Source.Name, move.TargetDirectory.Number(), move.Target.Name, overwrite ? 0 : Libc.RenameNoReplace) == 0)
        {
            return move.Target;
        }

        var error = Marshal.GetLastPInvokeError();
        if (error != Errno.CrossDevice)
        {
            throw Explain(error, move);
        }

        // Another file system: the copy is whole before the old one goes.
        Copy(move, overwrite, cancellationToken);
        remover.Remove(move.Source, cancellationToken);
        return move.Target;
    }

    /// <returns>Where the copy is.</returns>
    public SandboxPath Copy(string? from, string? to, bool overwrite, CancellationToken cancellationToken)
    {
        using var move = Prepare(from, to, overwrite);
        Copy(move, overwrite, cancellationToken);
        return move.Target;
    }

    private static void Copy(Places move, bool overwrite, CancellationToken cancellationToken)
    {
        var temporary = TemporaryName.Make();
        var isInPlace = false;
        try
        {
            FileCopier.Copy(move.SourceDirectory, move.Source, move.TargetDirectory, temporary, cancellationToken);
            if (Libc.Rename(move.TargetDirectory.Number(), temporary, move.TargetDirectory.Number(), move.Target.Name, overwrite ? 0 : Libc.RenameNoReplace) != 0)
            {
                throw Explain(Marshal.GetLastPInvokeError(), move);
            }

            isInPlace = true;
        }
        finally
        {
            if (!isInPlace)
            {
                RemoveTemporary(move.TargetDirectory, temporary, move.Target);
            }
        }
    }

    private static void RemoveTemporary(SafeFileHandle directory, string temporary, SandboxPath path)
    {
        try
        {
            if (Libc.Unlink(directory.Number(), temporary, 0) != 0 && Marshal.GetLastPInvokeError() == Errno.IsADirectory)
            {
                FileRemover.RemoveDirectory(directory, temporary, path, CancellationToken.None);
            }
        }
        catch (HopxException)
        {
            // The first failure is the one that is reported.
        }
    }

    private Places Prepare(string? from, string? to, bool overwrite)
    {
        if (string.IsNullOrEmpty(from) || string.IsNullOrEmpty(to))
        {
            throw new HopxException(HopxErrorCode.MissingParameter, $"'{(string.IsNullOrEmpty(from) ? "from" : "to")}' is missing. Send {{\"from\": \"/workspace/a\", \"to\": \"/workspace/b\"}}.");
        }

        var source = files.Locate(from);
        if (source.IsRoot)
        {
            throw new HopxException(HopxErrorCode.PathNotAllowed, $"{source.Full} itself cannot be moved or copied, only what is in it.") { Path = source.Full };
        }

        var sourceDirectory = files.Find(source.Parent) ?? throw FileErrors.NotFound(source.Full);
        try
        {
            var status = SandboxFileSystem.GetEntryStatus(sourceDirectory, source.Name) ?? throw FileErrors.NotFound(source.Full);
            source = files.WhereIs(sourceDirectory, source.Parent).Child(source.Name);
            var target = ChooseTarget(to, source.Name);
            var targetDirectory = files.OpenDirectory(target.Parent, create: true);
            try
            {
                target = files.WhereIs(targetDirectory, target.Parent).Child(target.Name);
                Check(source, status, targetDirectory, target, overwrite);
                return new Places(source, sourceDirectory, target, targetDirectory);
            }
            catch
            {
                targetDirectory.Dispose();
                throw;
            }
        }
        catch
        {
            sourceDirectory.Dispose();
            throw;
        }
    }

    private SandboxPath ChooseTarget(string to, string name)
    {
        var target = files.Locate(to);
        using var existing = files.Find(target);
        var isDirectory = to.EndsWith('/') || target.IsRoot || (existing is not null && SandboxFileSystem.GetStatus(existing, target).IsDirectory);
        return isDirectory ? files.Locate(target.Child(name).Full) : target;
    }

    private static void Check(SandboxPath source, FileStatus status, SafeFileHandle targetDirectory, SandboxPath target, bool overwrite)
    {
        if (source == target)
        {
            throw FileErrors.Invalid(source.Full, "is the old and the new name at once. Choose another one.");
        }

        if (status.IsDirectory && target.Full.StartsWith(source.Full + "/", StringComparison.Ordinal))
        {
            throw FileErrors.Invalid(target.Full, $"lies in {source.Full} itself. Choose a place outside of it.");
        }

        if (!overwrite && SandboxFileSystem.GetEntryStatus(targetDirectory, target.Name) is not null)
        {
            throw FileErrors.Exists(target.Full, "Allow it to be overwritten, or choose another name.");
        }
    }

    private static HopxException Explain(int error, Places move) => error switch
    {
        Errno.Exists or Errno.NotEmpty => FileErrors.Exists(move.Target.Full, "Allow it to be overwritten, or choose another name; a directory that is not empty is never replaced."),
        Errno.NotFound => FileErrors.NotFound(move.Source.Full),
        Errno.InvalidArgument => FileErrors.Invalid(move.Target.Full, $"lies in {move.Source.Full} itself. Choose a place outside of it."),
        _ => FileErrors.FromErrno(error, move.Target.Full, "replace"),
    };

    private sealed record Places(SandboxPath Source, SafeFileHandle SourceDirectory, SandboxPath Target, SafeFileHandle TargetDirectory) : IDisposable
    {
        public void Dispose()
        {
            SourceDirectory.Dispose();
            TargetDirectory.Dispose();
        }
    }
}
