using System.Runtime.InteropServices;

namespace Hopx.Agent;

/// <summary>Readiness of descriptors, and looks into other processes.</summary>
internal static unsafe partial class Libc
{
    public const int PollAdd = 1;
    public const int PollCloseOnExec = 0x80000;
    public const int EventCloseOnExec = 0x80000;
    public const int EventNonBlocking = 0x800;
    public const int SetFileFlags = 4;

    [LibraryImport(Library, EntryPoint = "epoll_create1", SetLastError = true)]
    public static partial int CreatePoll(int flags);

    [LibraryImport(Library, EntryPoint = "epoll_ctl", SetLastError = true)]
    public static partial int ControlPoll(int poll, int operation, int descriptor, void* readiness);

    [LibraryImport(Library, EntryPoint = "epoll_wait", SetLastError = true)]
    public static partial int WaitPoll(int poll, void* readiness, int count, int timeoutMilliseconds);

    [LibraryImport(Library, EntryPoint = "eventfd", SetLastError = true)]
    public static partial int CreateEvent(uint initial, int flags);

    [LibraryImport(Library, EntryPoint = "read", SetLastError = true)]
    public static partial nint Read(int descriptor, void* buffer, nint count);

    [LibraryImport(Library, EntryPoint = "write", SetLastError = true)]
    public static partial nint Write(int descriptor, void* buffer, nint count);

    [LibraryImport(Library, EntryPoint = "process_vm_readv", SetLastError = true)]
    public static partial nint ReadMemory(int process, MemoryRange* local, nuint localCount, MemoryRange* remote, nuint remoteCount, nuint flags);

    [LibraryImport(Library, EntryPoint = "clock_gettime", SetLastError = true)]
    public static partial int GetClock(int clock, TimeSpecification* time);

    [LibraryImport(Library, EntryPoint = "umask")]
    public static partial uint SetFileMask(uint mask);

    [LibraryImport(Library, EntryPoint = "statfs", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int StatFileSystem(string path, FileSystemStatus* status);

    /// <summary><c>struct iovec</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct MemoryRange
    {
        public nuint Start;
        public nuint Length;
    }

    /// <summary><c>struct timespec</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct TimeSpecification
    {
        public long Seconds;
        public long Nanoseconds;
    }

    /// <summary>The part of <c>struct statfs</c> that says how full it is; the same on both 64-bit architectures.</summary>
    [StructLayout(LayoutKind.Explicit, Size = 256)]
    public struct FileSystemStatus
    {
        [FieldOffset(8)]
        public long BlockBytes;

        [FieldOffset(16)]
        public long Blocks;

        [FieldOffset(32)]
        public long AvailableBlocks;

        [FieldOffset(40)]
        public long Files;

        [FieldOffset(48)]
        public long FreeFiles;

        [FieldOffset(80)]
        public long Flags;
    }
}
