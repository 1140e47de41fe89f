using System.Buffers;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Hopx.Agent;

/// <summary>Copies what is in a file inside the kernel, holes as holes.</summary>
internal static unsafe class FileContentCopy
{
    private const int SeekData = 3;
    private const int SeekHole = 4;
    private const int NoMoreData = 6;
    private const int BufferBytes = 256 * 1024;
    private const long StepBytes = 64L * 1024 * 1024;

    /// <returns>The number of bytes of the copy, holes included: as many as the file had when it began.</returns>
    public static long Copy(SafeFileHandle source, SafeFileHandle target, SandboxPath path, CancellationToken cancellationToken)
    {
        var size = RandomAccess.GetLength(source);
        if (Libc.SetLength(target.Number(), size) != 0)
        {
            throw FileErrors.FromErrno(Marshal.GetLastPInvokeError(), path.Full, "write");
        }

        for (long end, at = 0; at < size; at = end)
        {
            var start = Libc.Seek(source.Number(), at, SeekData);
            if (start < 0 && Marshal.GetLastPInvokeError() == NoMoreData)
            {
                break;
            }

            // Where holes cannot be told, all is data.
            start = Math.Max(start, at);
            end = Libc.Seek(source.Number(), start, SeekHole) is var hole and > 0 ? Math.Min(hole, size) : size;
            CopyData(source, target, start, end, path, cancellationToken);
        }

        return size;
    }

    private static void CopyData(SafeFileHandle source, SafeFileHandle target, long start, long end, SandboxPath path, CancellationToken cancellationToken)
    {
        while (start < end)
        {
            cancellationToken.ThrowIfCancellationRequested();
            long from = start, to = start;
            var copied = Libc.CopyRange(source.Number(), &from, target.Number(), &to, (nint)Math.Min(end - start, StepBytes), 0);
            if (copied == 0)
            {
                return;
            }

            if (copied < 0)
            {
                var error = Marshal.GetLastPInvokeError();
                if (error is not (Errno.CrossDevice or Errno.InvalidArgument or Errno.NoSystemCall or Errno.NotSupported or Errno.NotPermitted))
                {
                    throw FileErrors.FromErrno(error, path.Full, "copy");
                }

                CopyByHand(source, target, start, end, path, cancellationToken);
                return;
            }

            start += copied;
        }
    }

    private static void CopyByHand(SafeFileHandle source, SafeFileHandle target, long start, long end, SandboxPath path, CancellationToken cancellationToken)
    {
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            while (start < end && RandomAccess.Read(source, buffer.AsSpan(0, (int)Math.Min(buffer.Length, end - start)), start) is var read and > 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                RandomAccess.Write(target, buffer.AsSpan(0, read), start);
                start += read;
            }
        }
        catch (IOException failure)
        {
            throw FileErrors.FromWrite(failure, path.Full) ?? (Exception)failure;
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }
}
