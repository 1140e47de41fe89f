using System.Runtime.InteropServices;

namespace Hopx.Desktop;

internal static partial class NativeSocket
{
    [LibraryImport("libxcb.so.1", EntryPoint = "xcb_get_file_descriptor")]
    public static partial int DescriptorOf(nint connection);

    [LibraryImport("libc", EntryPoint = "shutdown")]
    public static partial int ShutDown(int descriptor, int how);
}
