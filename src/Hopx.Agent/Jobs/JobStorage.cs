using System.Runtime.InteropServices;
using Microsoft.Extensions.Options;
using Microsoft.Win32.SafeHandles;

namespace Hopx.Agent;

/// <summary>The disk space that all jobs share. Nothing here fails a job: what cannot be kept is counted and left out.</summary>
internal sealed partial class JobStorage(IOptions<JobOptions> options, ILogger<JobStorage> logger)
{
    private const UnixFileMode Readable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.GroupRead | UnixFileMode.OtherRead;

    private long _used;
    private int _isFailing;
    private int _isMakingRoom;

    /// <summary>Called when little space is left.</summary>
    public Action? MakeRoom { get; set; }

    public long UsedBytes => Interlocked.Read(ref _used);

    /// <summary>Beyond it, space is made: a share stays free, so that a job that writes is not the one that suffers.</summary>
    public long AmpleBytes => options.Value.TotalOutputLimitBytes / 8 * 7;

    public string DirectoryOf(string job) => Path.Combine(options.Value.Directory, job);

    /// <summary>A new file of a job; null when none can be made.</summary>
    public SafeFileHandle? Create(string job, string name)
    {
        try
        {
            Directory.CreateDirectory(DirectoryOf(job));
            var path = Path.Combine(DirectoryOf(job), name);
            // Whatever code in the sandbox put there instead is neither followed nor kept.
            File.Delete(path);
            var descriptor = Libc.OpenAt(
                Libc.AtFdCwd, path, OpenFlags.ReadWrite | OpenFlags.Create | OpenFlags.Exclusive | OpenFlags.CloseOnExec | OpenFlags.NoFollow, (uint)Readable);
            return descriptor >= 0
                ? new SafeFileHandle(descriptor, ownsHandle: true)
                : throw new IOException(Marshal.GetPInvokeErrorMessage(Marshal.GetLastPInvokeError()));
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Note(failure);
            return null;
        }
    }

    /// <summary>Takes space; false when it is used up.</summary>
    public bool TryTake(long bytes)
    {
        var used = Interlocked.Add(ref _used, bytes);
        if (used > AmpleBytes && Interlocked.Exchange(ref _isMakingRoom, 1) == 0)
        {
            // Not here: whoever writes holds the lock of its log.
            ThreadPool.UnsafeQueueUserWorkItem(static storage => storage.MakeRoomNow(), this, preferLocal: false);
        }

        if (used <= options.Value.TotalOutputLimitBytes)
        {
            return true;
        }

        Give(bytes);
        return false;
    }

    public void Give(long bytes) => Interlocked.Add(ref _used, -bytes);

    public void Remove(string job)
    {
        try
        {
            Directory.Delete(DirectoryOf(job), recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // Its output was small, or code in the sandbox has cleaned up.
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Note(failure);
        }
    }

    /// <summary>Forgets what an earlier life of the sandbox left behind: nobody knows its jobs any more.</summary>
    public void RemoveAll()
    {
        try
        {
            Directory.Delete(options.Value.Directory, recursive: true);
        }
        catch (DirectoryNotFoundException)
        {
            // There was none.
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            Note(failure);
        }
    }

    /// <summary>Once is enough: a full disk fails every write.</summary>
    public void Note(Exception failure)
    {
        if (Interlocked.Exchange(ref _isFailing, 1) == 0)
        {
            LogFailing(failure, options.Value.Directory);
        }
    }

    private void MakeRoomNow()
    {
        try
        {
            MakeRoom?.Invoke();
        }
        finally
        {
            Volatile.Write(ref _isMakingRoom, 0);
        }
    }

    [LoggerMessage(LogLevel.Warning, "Output of jobs cannot be kept in {Directory}; it is left out from now on where that fails.")]
    private partial void LogFailing(Exception failure, string directory);
}
