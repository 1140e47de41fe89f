using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Hopx.Agent;

/// <summary>A file that is being written under a name of its own, until it takes its place in one step. Given up, it leaves no trace.</summary>
internal sealed class PendingFile : IDisposable
{
    private const uint PrivateMode = 0x180; // 0600
    private const int CopyBufferBytes = 128 * 1024;

    private readonly SafeFileHandle _directory;
    private readonly SandboxPath _path;
    private readonly string _temporaryName = TemporaryName.Make();
    private readonly SafeFileHandle _file;
    private bool _isInPlace;

    /// <param name="directory">Where to write; stays the caller's.</param>
    /// <param name="path">What is written, for error messages.</param>
    public PendingFile(SafeFileHandle directory, SandboxPath path)
    {
        _directory = directory;
        _path = path;
        var descriptor = Libc.OpenAt(
            directory.Number(),
            _temporaryName,
            OpenFlags.WriteOnly | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.NoFollow | OpenFlags.CloseOnExec,
            PrivateMode);
        _file = descriptor >= 0
            ? new SafeFileHandle(descriptor, ownsHandle: true)
            : throw FileErrors.FromErrno(Marshal.GetLastPInvokeError(), path.Full, "write");
    }

    public long Length { get; private set; }

    public void Write(ReadOnlySpan<byte> bytes)
    {
        try
        {
            RandomAccess.Write(_file, bytes, Length);
            Length += bytes.Length;
        }
        catch (IOException failure)
        {
            throw FileErrors.FromWrite(failure, _path.Full) ?? (Exception)failure;
        }
    }

    public void SetModified(DateTimeOffset time) => File.SetLastWriteTimeUtc(_file, time.UtcDateTime);

    /// <summary>Waits until what was written has reached the disk.</summary>
    public void Flush()
    {
        if (Libc.Flush(_file.Number()) != 0)
        {
            throw FileErrors.FromErrno(Marshal.GetLastPInvokeError(), _path.Full, "flush");
        }
    }

    /// <summary>Gives the file its name.</summary>
    /// <param name="directory">Where it belongs, on this file system.</param>
    /// <param name="target">Its path there.</param>
    /// <param name="mode">Its permissions.</param>
    /// <param name="replaced">The file that it replaces, whose owner it gets.</param>
    /// <param name="mayReplace">Whether an existing file may be replaced.</param>
    /// <returns>Whether it is in place; false when that is on another file system.</returns>
    public bool TryPutInPlace(SafeFileHandle directory, SandboxPath target, uint mode, FileStatus? replaced, bool mayReplace)
    {
        if (replaced is not null)
        {
            // Only a favour: an agent without the right to do it still writes the file.
            _ = Libc.ChangeOwner(_file.Number(), replaced.UserId, replaced.GroupId);
        }

        if (Libc.ChangeMode(_file.Number(), mode) != 0)
        {
            throw FileErrors.FromErrno(Marshal.GetLastPInvokeError(), target.Full, "set the mode of");
        }

        if (Libc.Rename(_directory.Number(), _temporaryName, directory.Number(), target.Name, mayReplace ? 0 : Libc.RenameNoReplace) == 0)
        {
            _isInPlace = true;
            return true;
        }

        return Marshal.GetLastPInvokeError() switch
        {
            Errno.CrossDevice => false,
            Errno.Exists => throw FileErrors.Exists(target.Full, "Allow it to be overwritten, or choose another name."),
            var error => throw FileErrors.FromErrno(error, target.Full, "write"),
        };
    }

    /// <summary>Copies what was written so far to another pending file.</summary>
    public void CopyTo(PendingFile other, CancellationToken cancellationToken)
    {
        var descriptor = Libc.OpenAt(_directory.Number(), _temporaryName, OpenFlags.ReadOnly | OpenFlags.NoFollow | OpenFlags.CloseOnExec, 0);
        if (descriptor < 0)
        {
            throw FileErrors.FromErrno(Marshal.GetLastPInvokeError(), _path.Full, "read back");
        }

        using var source = new SafeFileHandle(descriptor, ownsHandle: true);
        var buffer = new byte[CopyBufferBytes];
        while (other.Length < Length && RandomAccess.Read(source, buffer, other.Length) is var read and > 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
            other.Write(buffer.AsSpan(0, read));
        }
    }

    public void Dispose()
    {
        _file.Dispose();
        if (!_isInPlace)
        {
            _ = Libc.Unlink(_directory.Number(), _temporaryName, 0);
        }
    }
}
