namespace Hopx.ControlPlane.Setup;

/// <summary>A lock between processes. The system releases it when its holder ends, however that happens.</summary>
internal sealed class FileLock : IDisposable
{
    private readonly FileStream _file;

    private FileLock(FileStream file) => _file = file;

    /// <summary>Takes the lock at once, or not at all.</summary>
    public static FileLock? TryAcquire(string path)
    {
        try
        {
            return new FileLock(new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None));
        }
        catch (IOException) when (File.Exists(path))
        {
            return null;
        }
    }

    /// <summary>Waits for the lock; <paramref name="onWait"/> is told once when another holds it.</summary>
    public static async Task<FileLock> AcquireAsync(string path, TimeProvider time, Action onWait, CancellationToken cancellationToken)
    {
        var told = false;
        while (true)
        {
            if (TryAcquire(path) is { } acquired)
            {
                return acquired;
            }

            if (!told)
            {
                told = true;
                onWait();
            }

            await Task.Delay(TimeSpan.FromMilliseconds(200), time, cancellationToken);
        }
    }

    // The file stays: removing it would let a third process lock a new one while a second holds the old.
    public void Dispose() => _file.Dispose();
}
