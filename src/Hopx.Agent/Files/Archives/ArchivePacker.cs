using System.Formats.Tar;
using System.IO.Compression;
using Hopx.Client;
using Microsoft.Win32.SafeHandles;

namespace Hopx.Agent;

/// <summary>Sends a directory, or one file, as a tar archive while it is read.</summary>
internal sealed class ArchivePacker(SandboxFileSystem files)
{
    private const int PermissionBits = 0x1FF; // 0777
    private const int MaxLinkBytes = 4096;

    public async Task SendAsync(HttpContext http)
    {
        var asked = http.Request.Query["path"].ToString();
        var path = asked.Length == 0 ? files.Workdir : files.Locate(asked);
        var isPacked = http.Request.Query["format"].ToString() switch
        {
            "" or "tar.gz" or "tgz" => true,
            "tar" => false,
            var unknown => throw new HopxException(HopxErrorCode.InvalidRequest, $"The format '{unknown}' is unknown. Use tar.gz or tar."),
        };
        var excluded = http.Request.Query["exclude"].ToString().Split(',', StringSplitOptions.RemoveEmptyEntries);
        using var found = files.Find(path) ?? throw FileErrors.NotFound(path.Full);
        var status = SandboxFileSystem.GetStatus(found, path);
        using var file = status.IsDirectory ? null : SandboxFileSystem.OpenForReading(found, path);
        using var directory = status.IsDirectory ? SandboxFileSystem.OpenToRead(found, path) : null;

        http.Response.ContentType = isPacked ? "application/gzip" : "application/x-tar";
        await using var packed = isPacked ? new GZipStream(http.Response.Body, CompressionLevel.Fastest, leaveOpen: true) : null;
        await using var archive = new TarWriter((Stream?)packed ?? http.Response.Body, TarEntryFormat.Pax, leaveOpen: true);
        if (directory is not null)
        {
            await PackAsync(archive, directory, excluded, path, http.RequestAborted);
        }
        else
        {
            await WriteFileAsync(archive, file!, path.Name, path, http.RequestAborted);
        }
    }

    private static async Task PackAsync(TarWriter archive, SafeFileHandle directory, string[] excluded, SandboxPath path, CancellationToken cancellationToken)
    {
        using var walk = new TreeWalk(directory, excluded);
        while (walk.MoveNext())
        {
            cancellationToken.ThrowIfCancellationRequested();
            var name = FileNames.ToText(walk.Name);
            if (SandboxFileSystem.GetEntryStatus(walk.Parent, name) is not { } status)
            {
                continue;
            }

            if (status.IsDirectory)
            {
                await archive.WriteEntryAsync(Describe(new PaxTarEntry(TarEntryType.Directory, walk.GetPath() + "/"), status), cancellationToken);
            }
            else if (status.IsLink && ReadLink(walk.Parent, name) is { } target)
            {
                var link = new PaxTarEntry(TarEntryType.SymbolicLink, walk.GetPath()) { LinkName = target };
                await archive.WriteEntryAsync(Describe(link, status), cancellationToken);
            }
            else if (status.IsRegular)
            {
                var descriptor = Libc.OpenAt(walk.Parent.Number(), name, OpenFlags.ReadOnly | OpenFlags.NoFollow | OpenFlags.NonBlocking | OpenFlags.CloseOnExec, 0);
                if (descriptor >= 0)
                {
                    using var file = new SafeFileHandle(descriptor, ownsHandle: true);
                    await WriteFileAsync(archive, file, walk.GetPath(), path, cancellationToken);
                }
            }
        }
    }

    private static async Task WriteFileAsync(TarWriter archive, SafeFileHandle file, string name, SandboxPath path, CancellationToken cancellationToken)
    {
        var status = SandboxFileSystem.GetStatus(file, path);
        if (!status.IsRegular)
        {
            return;
        }

        await using var content = new FixedLengthStream(file, status.Size);
        var entry = new PaxTarEntry(TarEntryType.RegularFile, name) { DataStream = content };
        await archive.WriteEntryAsync(Describe(entry, status), cancellationToken);
    }

    private static PaxTarEntry Describe(PaxTarEntry entry, FileStatus status)
    {
        entry.Mode = (UnixFileMode)(status.Mode & PermissionBits);
        entry.ModificationTime = status.Modified;
        return entry;
    }

    private static unsafe string? ReadLink(SafeFileHandle directory, string name)
    {
        var buffer = stackalloc byte[MaxLinkBytes];
        var length = Libc.ReadLink(directory.Number(), name, buffer, MaxLinkBytes);
        return length > 0 ? FileNames.ToText(new ReadOnlySpan<byte>(buffer, (int)length)) : null;
    }
}
