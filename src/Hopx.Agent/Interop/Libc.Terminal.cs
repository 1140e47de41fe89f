using System.Runtime.InteropServices;

namespace Hopx.Agent;

/// <summary>Terminals.</summary>
internal static unsafe partial class Libc
{
    public const nuint SetWindowSize = 0x5414;
    public const nuint GetTerminalNumber = 0x80045430;
    public const nuint SetTerminalLock = 0x40045431;

    [LibraryImport(Library, EntryPoint = "ioctl", SetLastError = true)]
    public static partial int Control(int descriptor, nuint request, void* argument);

    /// <summary><c>struct winsize</c>.</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct WindowSize
    {
        public ushort Rows;
        public ushort Cols;
        public ushort WidthPixels;
        public ushort HeightPixels;
    }
}
