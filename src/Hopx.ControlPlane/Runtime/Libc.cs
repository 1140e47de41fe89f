using System.Runtime.InteropServices;

namespace Hopx.ControlPlane.Runtime;

/// <summary>The few calls of the C library that .NET has no name for.</summary>
internal static partial class Libc
{
    public const int OpenPathOnly = 0x200000;
    public const int OpenNoFollow = 0x20000;
    public const int OpenCloseOnExec = 0x80000;
    public const int SignalKill = 9;
    public const int NoSuchProcess = 3;
    public const int AccessWrite = 2;

    private const int NoHang = 1;
    private const int OpenNoFollowForStat = 0x100;

    [LibraryImport("libc", EntryPoint = "open", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "close")]
    public static partial int Close(int descriptor);

    [LibraryImport("libc", EntryPoint = "kill", SetLastError = true)]
    public static partial int Kill(int processId, int signal);

    [LibraryImport("libc", EntryPoint = "access", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int Access(string path, int mode);

    [LibraryImport("libc", EntryPoint = "rmdir", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int RemoveDirectory(string path);

    /// <summary>Takes the exit status of a dead child, if it is one: sandboxes become ours where the server is pid 1, as in a container.</summary>
    public static void ReapIfChild(int processId) => _ = WaitPid(processId, out _, NoHang);

    /// <summary>Bytes that the file really takes, which for one with holes is less than its length; null when there is none.</summary>
    public static unsafe long? AllocatedBytes(string path)
    {
        const int CurrentDirectory = -100;
        const uint BlocksWanted = 0x400;
        const int Blocks = 48, BlockSize = 512;
        // struct statx has 256 bytes and looks the same on every architecture.
        var answer = stackalloc byte[256];
        return StatX(CurrentDirectory, path, OpenNoFollowForStat, BlocksWanted, answer) == 0 ? *(long*)(answer + Blocks) * BlockSize : null;
    }

    [LibraryImport("libc", EntryPoint = "statx", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int StatX(int directory, string path, int flags, uint mask, byte* answer);

    [LibraryImport("libc", EntryPoint = "waitpid", SetLastError = true)]
    private static partial int WaitPid(int processId, out int status, int options);
}
