namespace Hopx.Mcp.CommandLine.Local;

/// <summary>The process that hosts the control plane of a home directory.</summary>
internal static class HomeOwner
{
    /// <summary>Its process id; null when no process of this user holds the lock.</summary>
    /// <remarks>The lock file names a process too, but goes on doing so when that has ended; whoever has the file open holds the lock.</remarks>
    public static int? Find(string home)
    {
        var path = Path.Combine(Path.GetFullPath(home), "server.lock");
        foreach (var process in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(process), out var id) && HasOpen(process, path))
            {
                return id;
            }
        }

        return null;
    }

    private static bool HasOpen(string process, string path)
    {
        try
        {
            return Directory.EnumerateFileSystemEntries(Path.Combine(process, "fd")).Any(descriptor => new FileInfo(descriptor).LinkTarget == path);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // Ended meanwhile, or another user's.
            return false;
        }
    }
}
