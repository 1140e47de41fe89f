using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Hopx.Agent;

/// <summary>One stream of a run; read by the <see cref="OutputReader"/>'s thread alone.</summary>
/// <param name="pipe">Read end.</param>
/// <param name="kind">Which of the two that are followed; null for one that is only kept.</param>
/// <param name="kept">Keeps what it brings.</param>
internal sealed class OutputStream(SafeFileHandle pipe, OutputKind? kind, BoundedOutput kept)
{
    public required RunOutput Output { get; init; }

    public SafeFileHandle Pipe => pipe;

    public OutputKind? Kind => kind;

    public BoundedOutput Kept => kept;

    /// <summary>Whether it waits for its turn.</summary>
    public bool IsReady { get; set; }

    /// <summary>Whether all writers have gone: no more readiness is told, so it is read to its end.</summary>
    public bool HasHungUp { get; set; }

    public bool IsClosed { get; private set; }

    /// <summary>Called when it is closed.</summary>
    public Action? Closed { get; set; }

    /// <returns>Bytes read; 0 at the end, negative when there is nothing now.</returns>
    public unsafe int Read(byte[] buffer)
    {
        fixed (byte* start = buffer)
        {
            var read = (int)Libc.Read(pipe.Number(), start, buffer.Length);
            // A terminal whose last user has gone fails, which is its way to end.
            return read >= 0 ? read : Marshal.GetLastPInvokeError() is Errno.TryAgain or Errno.Interrupted ? -1 : 0;
        }
    }

    public void Close()
    {
        if (!IsClosed)
        {
            IsClosed = true;
            pipe.Dispose();
            Closed?.Invoke();
        }
    }
}
