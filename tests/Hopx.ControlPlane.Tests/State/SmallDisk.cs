using System.Diagnostics;

namespace Hopx.ControlPlane.Tests.State;

/// <summary>A small disk that a test can fill and take the right to write from. Only root can have one.</summary>
internal sealed class SmallDisk : IDisposable
{
    private SmallDisk(string path) => Path = path;

    public string Path { get; }

    private string Ballast => System.IO.Path.Combine(Path, "ballast");

    public static SmallDisk Mount()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Not root: only root can mount a disk.");
        var path = Directory.CreateTempSubdirectory("hopx-disk-").FullName;
        try
        {
            Run("mount", "-t", "tmpfs", "-o", "size=64m,mode=0700", "hopx-test", path);
        }
        catch
        {
            Directory.Delete(path);
            throw;
        }

        return new SmallDisk(path);
    }

    /// <summary>Leaves not a byte free.</summary>
    public void Fill()
    {
        var block = new byte[4096];
        using var ballast = new FileStream(Ballast, FileMode.Append, FileAccess.Write, FileShare.Read, bufferSize: 0);
        try
        {
            while (true)
            {
                ballast.Write(block);
            }
        }
        catch (IOException)
        {
            // That was the last one.
        }
    }

    public void Free() => File.Delete(Ballast);

    public void ForbidWriting() => Run("mount", "-o", "remount,ro", Path);

    public void Dispose()
    {
        Run("umount", "--lazy", Path);
        Directory.Delete(Path);
    }

    private static void Run(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardError = true })!;
        var complaint = process.StandardError.ReadToEnd();
        process.WaitForExit();
        Assert.True(process.ExitCode == 0, complaint);
    }
}
