using System.Runtime.InteropServices;
using Hopx.Client;
using Microsoft.Extensions.Options;
using Microsoft.Win32.SafeHandles;

namespace Hopx.Agent;

/// <summary>
/// Opens what callers name, and only beneath the allowed directories. The kernel resolves each path once, into a descriptor, and
/// everything after works on that descriptor; so nobody can change a link between the check and the use.
/// </summary>
internal sealed unsafe class SandboxFileSystem(IOptions<FilesOptions> options, IOptions<AgentOptions> agent)
{
    private const int MaxPathBytes = 4095;
    private const uint NewDirectoryMode = 0x1ED; // 0755
    private const int MaxAttempts = 100;
    private const nint OpenAt2Number = 437;
    private const ulong ResolveNoMagicLinks = 0x02;
    private const ulong ResolveBeneath = 0x08;

    private readonly string[] _roots =
        [.. options.Value.Roots.Split(':').Append(agent.Value.Workdir).Select(root => root.TrimEnd('/')).Where(root => root.Length > 0).Distinct()];

    /// <summary>Where relative paths begin: the working directory, unless that is <c>/</c>, which would allow everything.</summary>
    public SandboxPath Workdir => new(_roots.Contains(agent.Value.Workdir) ? agent.Value.Workdir : _roots[0], "");

    /// <summary>Where a path stands, as text. Relative ones begin in the working directory.</summary>
    public SandboxPath Locate(string? path)
    {
        if (string.IsNullOrEmpty(path))
        {
            throw new HopxException(HopxErrorCode.MissingParameter, "'path' is missing. Name a file or directory, such as /workspace/a.txt.");
        }

        if (path.Contains('\0', StringComparison.Ordinal))
        {
            throw new HopxException(HopxErrorCode.InvalidPath, "'path' holds a NUL character, which no file name can.");
        }

        if (FileNames.CountBytes(path) > MaxPathBytes)
        {
            throw FileErrors.FromErrno(Errno.NameTooLong, path, "use");
        }

        var full = Path.GetFullPath(path, Workdir.Root).TrimEnd('/');
        return Beneath(full, _roots) ?? throw FileErrors.Outside(path, _roots);
    }

    /// <summary>Opens whatever stands at the path, following links that stay inside; a descriptor to look at and to open anew, not to read.</summary>
    /// <returns>Null when nothing is there.</returns>
    public SafeFileHandle? Find(SandboxPath path)
    {
        var descriptor = OpenBeneathRoot(path, out var error);
        return error switch
        {
            0 => descriptor,
            Errno.NotFound => null,
            // A link out of the root may lead into another one; and gVisor does not have the call.
            Errno.CrossDevice or Errno.NoSystemCall or Errno.NotPermitted => FindAnywhere(path),
            _ => throw FileErrors.FromErrno(error, path.Full, "open"),
        };
    }

    /// <summary>Opens a directory, made with its parents where it is missing and that is asked for.</summary>
    public SafeFileHandle OpenDirectory(SandboxPath path, bool create)
    {
        if (Find(path) is { } found)
        {
            return AsDirectory(found, path);
        }

        if (!create)
        {
            throw FileErrors.DirectoryNotFound(path.Full);
        }

        if (path.IsRoot)
        {
            Directory.CreateDirectory(path.Root);
        }
        else
        {
            using var parent = OpenDirectory(path.Parent, create: true);
            if (Libc.MakeDirectory(parent.Number(), path.Name, NewDirectoryMode) != 0 && Marshal.GetLastPInvokeError() is var error and not Errno.Exists)
            {
                throw FileErrors.FromErrno(error, path.Full, "make the directory");
            }
        }

        return Find(path) is { } made ? AsDirectory(made, path) : throw FileErrors.Outside(path.Full, _roots);
    }

    /// <summary>Where an opened file really is, after all links.</summary>
    public SandboxPath WhereIs(SafeFileHandle opened, SandboxPath asked)
    {
        var real = RealPath(opened);
        foreach (var root in _roots)
        {
            using var directory = OpenRoot(root, out _);
            if (directory is not null && Beneath(real, [RealPath(directory)]) is { } within)
            {
                return new SandboxPath(root, within.Relative);
            }
        }

        throw FileErrors.Outside(asked.Full, _roots);
    }

    /// <summary>Where a path leads now, after all links; the path itself when nothing is there.</summary>
    public SandboxPath WhereIs(SandboxPath path)
    {
        if (FindReal(path) is not var (found, real))
        {
            return path;
        }

        found.Dispose();
        return real;
    }

    /// <summary>Opens whatever stands at the path, and tells where that really is.</summary>
    /// <returns>Null when nothing is there.</returns>
    public (SafeFileHandle Opened, SandboxPath Real)? FindReal(SandboxPath path)
    {
        for (var attempt = 1; ; attempt++)
        {
            if (Find(path) is not { } found)
            {
                return null;
            }

            try
            {
                var real = WhereIs(found, path);
                // What the kernel adds to the name of a file that another has just replaced.
                if (attempt == MaxAttempts || !real.Relative.EndsWith(" (deleted)", StringComparison.Ordinal))
                {
                    return (found, real);
                }
            }
            catch
            {
                found.Dispose();
                throw;
            }

            found.Dispose();
        }
    }

    /// <summary>Opens a file for reading that <see cref="Find"/> has found. Only a regular one: a pipe or a device could block for ever.</summary>
    public static SafeFileHandle OpenForReading(SafeFileHandle found, SandboxPath path)
    {
        var status = GetStatus(found, path);
        if (status.IsDirectory)
        {
            throw FileErrors.Invalid(path.Full, "is a directory. List it with /files/list.");
        }

        if (!status.IsRegular)
        {
            throw FileErrors.Invalid(path.Full, "is no regular file but a pipe, socket or device, which cannot be read as a file.");
        }

        var descriptor = Libc.OpenAt(Libc.AtFdCwd, SelfPath(found), OpenFlags.ReadOnly | OpenFlags.NonBlocking | OpenFlags.CloseOnExec, 0);
        return descriptor >= 0
            ? new SafeFileHandle(descriptor, ownsHandle: true)
            : throw FileErrors.FromErrno(Marshal.GetLastPInvokeError(), path.Full, "read");
    }

    public static FileStatus GetStatus(SafeFileHandle opened, SandboxPath path) =>
        GetStatus(opened, "", Libc.AtEmptyPath, out var error) ?? throw FileErrors.FromErrno(error, path.Full, "look at");

    /// <summary>Looks at an entry of a directory, at a link itself and not at what it leads to.</summary>
    /// <returns>Null when it is gone.</returns>
    /// <summary>Whether a directory that is held open has been removed meanwhile.</summary>
    public static bool IsRemoved(SafeFileHandle directory) => GetStatus(directory, "", Libc.AtEmptyPath, out _) is not { Links: > 0 };

    public static FileStatus? GetEntryStatus(SafeFileHandle directory, string name) => GetStatus(directory, name, Libc.AtSymlinkNoFollow, out _);

    /// <summary>The names in a directory, so many at most.</summary>
    public static List<string> ReadNames(SafeFileHandle directory, SandboxPath path, int limit)
    {
        using var opened = OpenToRead(directory, path);
        return DirectoryReader.ReadNames(opened, limit);
    }

    /// <summary>Opens a directory anew, so that it can be read from its beginning.</summary>
    public static SafeFileHandle OpenToRead(SafeFileHandle directory, SandboxPath path)
    {
        var descriptor = Libc.OpenAt(directory.Number(), ".", OpenFlags.ReadOnly | OpenFlags.Directory | OpenFlags.CloseOnExec, 0);
        return descriptor >= 0
            ? new SafeFileHandle(descriptor, ownsHandle: true)
            : throw FileErrors.FromErrno(Marshal.GetLastPInvokeError(), path.Full, "read the directory");
    }

    private static FileStatus? GetStatus(SafeFileHandle directory, string name, int flags, out int error)
    {
        const uint BasicFields = 0x7ff;
        Libc.FileStatus status;
        error = Libc.Stat(directory.Number(), name, flags, BasicFields, &status) == 0 ? 0 : Marshal.GetLastPInvokeError();
        return error == 0
            ? new FileStatus(
                status.Mode,
                status.Size,
                DateTimeOffset.FromUnixTimeSeconds(status.ModifiedSeconds).AddTicks(status.ModifiedNanoseconds / 100),
                status.UserId,
                status.GroupId)
            { Links = status.Links }
            : null;
    }

    private static SafeFileHandle? OpenBeneathRoot(SandboxPath path, out int error)
    {
        using var root = OpenRoot(path.Root, out error);
        if (root is null)
        {
            return null;
        }

        var how = new Libc.OpenHow
        {
            Flags = OpenFlags.PathOnly | OpenFlags.CloseOnExec,
            Resolve = ResolveBeneath | ResolveNoMagicLinks,
        };
        for (var attempt = 1; ; attempt++)
        {
            var descriptor = Libc.OpenAt2(OpenAt2Number, root.Number(), path.IsRoot ? "." : path.Relative, &how, sizeof(Libc.OpenHow));
            error = descriptor >= 0 ? 0 : Marshal.GetLastPInvokeError();
            // Somewhere a directory was moved while a link led upwards, and the kernel would not vouch for the result.
            if (error != Errno.TryAgain || attempt == MaxAttempts)
            {
                return descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : null;
            }
        }
    }

    // Opens without looking, which has no effect on what is opened, and then asks the kernel where the descriptor is.
    private SafeFileHandle? FindAnywhere(SandboxPath path)
    {
        using (var root = OpenRoot(path.Root, out var missing))
        {
            if (root is null)
            {
                return missing == Errno.NotFound ? null : throw FileErrors.FromErrno(missing, path.Full, "open");
            }
        }

        var descriptor = Libc.OpenAt(Libc.AtFdCwd, path.Full, OpenFlags.PathOnly | OpenFlags.CloseOnExec, 0);
        if (descriptor < 0)
        {
            // Whether something exists outside is not told either.
            throw FileErrors.Outside(path.Full, _roots);
        }

        var opened = new SafeFileHandle(descriptor, ownsHandle: true);
        try
        {
            _ = WhereIs(opened, path);
            return opened;
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    // Not through a link: code in the sandbox could make /workspace one that leads to /.
    private static SafeFileHandle? OpenRoot(string root, out int error)
    {
        var descriptor = Libc.OpenAt(Libc.AtFdCwd, root, OpenFlags.PathOnly | OpenFlags.Directory | OpenFlags.NoFollow | OpenFlags.CloseOnExec, 0);
        error = descriptor >= 0 ? 0 : Marshal.GetLastPInvokeError();
        if (error == Errno.NotADirectory)
        {
            // What the kernel says of a link here.
            error = Errno.TooManyLinks;
        }

        return descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : null;
    }

    private static SafeFileHandle AsDirectory(SafeFileHandle opened, SandboxPath path)
    {
        if (GetStatus(opened, path).IsDirectory)
        {
            return opened;
        }

        opened.Dispose();
        throw FileErrors.Invalid(path.Full, "is a file, not a directory.");
    }

    private static SandboxPath? Beneath(string full, IEnumerable<string> roots) => roots
        .Where(root => full == root || (full.StartsWith(root, StringComparison.Ordinal) && full[root.Length] == '/'))
        .OrderByDescending(root => root.Length)
        .Select(root => new SandboxPath(root, full[root.Length..].TrimStart('/')))
        .FirstOrDefault();

    private static string RealPath(SafeFileHandle opened)
    {
        var buffer = stackalloc byte[MaxPathBytes + 1];
        var length = Libc.ReadLink(Libc.AtFdCwd, SelfPath(opened), buffer, MaxPathBytes + 1);
        return length >= 0
            ? FileNames.ToText(new ReadOnlySpan<byte>(buffer, (int)length))
            : throw new NativeException("find out where a file is", Marshal.GetLastPInvokeError());
    }

    private static string SelfPath(SafeFileHandle opened) => $"/proc/self/fd/{opened.Number()}";
}
