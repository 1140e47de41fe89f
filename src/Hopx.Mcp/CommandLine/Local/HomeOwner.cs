using System.Globalization;

namespace Hopx.Mcp.CommandLine.Local;

/// <summary>The process that hosts the control plane of a home directory.</summary>
internal static class HomeOwner
{
    /// <summary>Its process id; null when no process holds the lock.</summary>
    public static int? Find(string home)
    {
        var path = Path.Combine(home, "server.lock");
        try
        {
            // Who only reads and shares everything takes no lock and asks for none.
            using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete);
            using var reader = new StreamReader(file);
            return int.TryParse(reader.ReadToEnd(), NumberStyles.None, CultureInfo.InvariantCulture, out var id) && Holds(id, path) ? id : null;
        }
        catch (IOException)
        {
            return null;
        }
    }

    // The number stays in the file when its process has ended, and numbers are used again.
    private static bool Holds(int id, string path)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries($"/proc/{id}/fd").Any(descriptor => new FileInfo(descriptor).LinkTarget == path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
