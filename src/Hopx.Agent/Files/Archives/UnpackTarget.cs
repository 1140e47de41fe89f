using System.Buffers;
using System.Formats.Tar;
using System.Runtime.InteropServices;
using Hopx.Client;
using Microsoft.Win32.SafeHandles;

namespace Hopx.Agent;

/// <summary>The directory that an archive is unpacked into, and the only place where its entries can land.</summary>
internal sealed class UnpackTarget(SafeFileHandle directory, SandboxPath path, long maxBytes) : IDisposable
{
    private const int BufferBytes = 128 * 1024;
    private const int MaxEntries = 1_000_000;
    private const int MaxNameLength = 4095;
    private const uint PermissionBits = 0x1FF; // 0777

    private readonly DirectoryCursor _cursor = new(directory, path);
    private long _entries;

    public long Files { get; private set; }

    public long Directories { get; private set; }

    public long Links { get; private set; }

    public long Bytes { get; private set; }

    public long Skipped { get; private set; }

    public async Task AddAsync(TarEntry entry, CancellationToken cancellationToken)
    {
        if (++_entries > MaxEntries)
        {
            throw TooLarge($"more than {MaxEntries} entries");
        }

        if (entry.EntryType is TarEntryType.GlobalExtendedAttributes)
        {
            return;
        }

        var parts = Split(entry.Name);
        if (parts.Length == 0)
        {
            // The directory itself.
            return;
        }

        switch (entry.EntryType)
        {
            case TarEntryType.Directory:
                _ = Libc.ChangeMode(_cursor.Open(string.Join('/', parts)).Number(), (uint)entry.Mode & PermissionBits);
                Directories++;
                break;
            case TarEntryType.RegularFile or TarEntryType.V7RegularFile or TarEntryType.ContiguousFile:
                await AddFileAsync(entry, Parent(parts), parts[^1], cancellationToken);
                break;
            case TarEntryType.SymbolicLink when StaysInside(parts, entry.LinkName):
                AddLink(() => Libc.MakeLink(entry.LinkName, Parent(parts).Number(), parts[^1]), Parent(parts), parts[^1]);
                break;
            case TarEntryType.HardLink:
                AddHardLink(Split(entry.LinkName), parts);
                break;
            default:
                Skipped++;
                break;
        }
    }

    public void Dispose() => _cursor.Dispose();

    private async Task AddFileAsync(TarEntry entry, SafeFileHandle parent, string name, CancellationToken cancellationToken)
    {
        RefuseDirectory(parent, name);
        using var pending = new PendingFile(parent, path.Child(entry.Name.Trim('/')));
        if (entry.DataStream is { } content)
        {
            var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
            try
            {
                while (await content.ReadAsync(buffer, cancellationToken) is var read and > 0)
                {
                    Bytes += read;
                    if (Bytes > maxBytes)
                    {
                        throw TooLarge($"more than {maxBytes} bytes when unpacked");
                    }

                    pending.Write(buffer.AsSpan(0, read));
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }

        pending.SetModified(entry.ModificationTime);
        _ = pending.TryPutInPlace(parent, new SandboxPath(path.Root, name), (uint)entry.Mode & PermissionBits, replaced: null, mayReplace: true);
        Files++;
    }

    private void AddHardLink(string[] target, string[] parts)
    {
        if (target.Length == 0)
        {
            Skipped++;
            return;
        }

        using var source = BeneathDirectory.TryOpen(directory, FileNames.ToBytes(Join(target[..^1])), out _);
        if (source is null)
        {
            Skipped++;
            return;
        }

        AddLink(() => Libc.MakeHardLink(source.Number(), target[^1], Parent(parts).Number(), parts[^1], 0), Parent(parts), parts[^1]);
    }

    private void AddLink(Func<int> make, SafeFileHandle parent, string name)
    {
        RefuseDirectory(parent, name);
        if (make() != 0 && Marshal.GetLastPInvokeError() is var error)
        {
            if (error != Errno.Exists || Libc.Unlink(parent.Number(), name, 0) != 0 || make() != 0)
            {
                throw FileErrors.FromErrno(Marshal.GetLastPInvokeError(), path.Child(name).Full, "make the link");
            }
        }

        Links++;
    }

    private void RefuseDirectory(SafeFileHandle parent, string name)
    {
        if (SandboxFileSystem.GetEntryStatus(parent, name) is { IsDirectory: true })
        {
            throw FileErrors.Invalid(path.Child(name).Full, "is a directory, and a file in the archive has its name. Remove it first.");
        }
    }

    private SafeFileHandle Parent(string[] parts) => _cursor.Open(string.Join('/', parts[..^1]));

    private static string Join(string[] parts) => parts.Length == 0 ? "." : string.Join('/', parts);

    private static string[] Split(string name)
    {
        if (name.Length == 0 || name.StartsWith('/') || name.Contains('\0', StringComparison.Ordinal) || name.Length > MaxNameLength)
        {
            throw Refused(name, name.StartsWith('/') ? "is absolute" : "is empty, too long or holds NUL");
        }

        var parts = name.Split('/', StringSplitOptions.RemoveEmptyEntries).Where(part => part != ".").ToArray();
        return parts.Contains("..") ? throw Refused(name, "leads upwards") : parts;
    }

    private static bool StaysInside(string[] parts, string target)
    {
        if (target.Length == 0 || target.StartsWith('/') || target.Contains('\0', StringComparison.Ordinal))
        {
            return false;
        }

        var depth = parts.Length - 1;
        foreach (var part in target.Split('/', StringSplitOptions.RemoveEmptyEntries))
        {
            depth += part switch { "." => 0, ".." => -1, _ => 1 };
            if (depth < 0)
            {
                return false;
            }
        }

        return true;
    }

    private static HopxException Refused(string name, string why) => new(
        HopxErrorCode.InvalidRequest, $"The archive is refused: the name '{(name.Length > 100 ? name[..100] + "…" : name)}' {why}. Pack it with relative names beneath one directory.");

    private HopxException TooLarge(string what) =>
        new(HopxErrorCode.PayloadTooLarge, $"The archive holds {what}. {Files} files were unpacked to {path.Full} before. Send it in parts.") { Path = path.Full };
}
