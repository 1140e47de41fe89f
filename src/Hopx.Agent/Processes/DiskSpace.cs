namespace Hopx.Agent;

/// <summary>How full a file system is.</summary>
/// <param name="Path">Where it was asked.</param>
/// <param name="FreeBytes">Bytes that may still be written.</param>
/// <param name="TotalBytes">Its size.</param>
/// <param name="FreeFiles">Files that may still be made; null where they are not counted.</param>
internal readonly record struct DiskSpace(string Path, long FreeBytes, long TotalBytes, long? FreeFiles)
{
    // The last blocks are seldom used up to the byte.
    private const long NearlyNothing = 64 * 1024;
    private const long ReadOnly = 1;

    public bool IsFull => TotalBytes > 0 && (FreeBytes < NearlyNothing || FreeFiles == 0);

    /// <returns>Null when it cannot be asked, or nothing can be written there anyway.</returns>
    public static unsafe DiskSpace? Of(string path)
    {
        Libc.FileSystemStatus status;
        return Libc.StatFileSystem(path, &status) == 0 && (status.Flags & ReadOnly) == 0
            ? new DiskSpace(path, status.AvailableBlocks * status.BlockBytes, status.Blocks * status.BlockBytes, status.Files > 0 ? status.FreeFiles : null)
            : null;
    }
}
