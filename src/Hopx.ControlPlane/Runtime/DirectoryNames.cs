namespace Hopx.ControlPlane.Runtime;

/// <summary>What directories are called, where others make and remove them at the same time.</summary>
internal static class DirectoryNames
{
    /// <summary>Names of a directory's own directories; none when it is not there, or goes at this very moment.</summary>
    public static IEnumerable<string> In(string directory)
    {
        try
        {
            return [.. Directory.EnumerateDirectories(directory).Select(Path.GetFileName).OfType<string>()];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }
}
