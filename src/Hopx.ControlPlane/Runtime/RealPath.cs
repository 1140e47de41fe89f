namespace Hopx.ControlPlane.Runtime;

/// <summary>Names of files as mount tables write them: with no link on the way.</summary>
internal static class RealPath
{
    /// <summary>The path with every link resolved; the part that does not exist yet stays as it is.</summary>
    public static string Of(string path)
    {
        var full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
        var descriptor = Libc.Open(full, Libc.OpenPathOnly | Libc.OpenCloseOnExec);
        if (descriptor < 0)
        {
            return Path.GetDirectoryName(full) is { } parent ? Path.Combine(Of(parent), Path.GetFileName(full)) : full;
        }

        try
        {
            return new FileInfo(FormattableString.Invariant($"/proc/self/fd/{descriptor}")).LinkTarget ?? full;
        }
        finally
        {
            _ = Libc.Close(descriptor);
        }
    }
}
