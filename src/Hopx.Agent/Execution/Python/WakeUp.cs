using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Hopx.Agent;

/// <summary>Wakes a thread that polls descriptors.</summary>
internal sealed unsafe class WakeUp : IDisposable
{
    public WakeUp()
    {
        var descriptor = Libc.CreateEvent(0, Libc.EventNonBlocking | Libc.EventCloseOnExec);
        Descriptor = descriptor >= 0 ? new SafeFileHandle(descriptor, ownsHandle: true) : throw new NativeException("make an event", Marshal.GetLastPInvokeError());
    }

    public SafeFileHandle Descriptor { get; }

    public void Set()
    {
        long one = 1;
        var isHeld = false;
        try
        {
            Descriptor.DangerousAddRef(ref isHeld);
            _ = Libc.Write(Descriptor.Number(), &one, sizeof(long));
        }
        catch (ObjectDisposedException)
        {
            // Nobody polls any more.
        }
        finally
        {
            if (isHeld)
            {
                Descriptor.DangerousRelease();
            }
        }
    }

    public void Reset()
    {
        long count;
        _ = Libc.Read(Descriptor.Number(), &count, sizeof(long));
    }

    public void Dispose() => Descriptor.Dispose();
}
