using System.Runtime.InteropServices;

namespace Hopx.Agent;

/// <summary>Sockets that pass descriptors on.</summary>
internal static unsafe partial class Libc
{
    public const int SigInterrupt = 2;
    public const int SetChildSubreaper = 36;
    public const int UnixSockets = 1;
    public const int StreamSocket = 1;
    public const int SocketCloseOnExec = 0x80000;
    public const int SocketLevel = 1;
    public const int PassDescriptors = 1;
    public const int DoNotWait = 0x40;
    public const int NoSignal = 0x4000;
    public const short PollIn = 1;
    public const short PollOut = 4;
    public const nuint UnreadBytes = 0x541B;

    [LibraryImport(Library, EntryPoint = "socketpair", SetLastError = true)]
    public static partial int SocketPair(int domain, int type, int protocol, int* sockets);

    [LibraryImport(Library, EntryPoint = "sendmsg", SetLastError = true)]
    public static partial nint SendMessage(int socket, MessageHeader* message, int flags);

    [LibraryImport(Library, EntryPoint = "recv", SetLastError = true)]
    public static partial nint Receive(int socket, byte* buffer, nuint length, int flags);

    [LibraryImport(Library, EntryPoint = "ioctl", SetLastError = true)]
    public static partial int CountUnread(int descriptor, nuint request, int* count);

    /// <summary><c>struct msghdr</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct MessageHeader
    {
        public void* Name;
        public nuint NameLength;
        public MemoryRange* Parts;
        public nuint PartCount;
        public void* Control;
        public nuint ControlLength;
        public nint Flags;
    }

    /// <summary><c>struct cmsghdr</c>; the descriptors follow it.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct ControlHeader
    {
        public nuint Length;
        public int Level;
        public int Type;
    }
}
