using System.Globalization;
using System.Text;

namespace Hopx.ControlPlane.State;

/// <summary>Held by the one process that runs the control plane of a home directory; the kernel releases it however that process ends.</summary>
internal sealed class HomeLock : IDisposable
{
    private readonly FileStream _file;

    private HomeLock(FileStream file) => _file = file;

    /// <summary>The lock, or null when another process holds it.</summary>
    public static HomeLock? TryAcquire(string home)
    {
        try
        {
            var file = new FileStream(PathIn(home), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            file.SetLength(0);
            file.Write(Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture)));
            file.Flush();
            return new HomeLock(file);
        }
        catch (IOException failure) when (failure is not (DirectoryNotFoundException or PathTooLongException))
        {
            return null;
        }
    }

    public void Dispose() => _file.Dispose();

    private static string PathIn(string home) => Path.Combine(home, "server.lock");
}
