using Microsoft.Extensions.Options;

namespace Hopx.Agent;

/// <summary>What the output of all runs together may hold in memory. When it is used up, runs keep less of theirs, and none fails for it.</summary>
internal sealed class OutputMemory(IOptions<ProcessOptions> options)
{
    private long _used;

    public long UsedBytes => Interlocked.Read(ref _used);

    /// <returns>Whether there was as much.</returns>
    public bool TryTake(long bytes)
    {
        if (Interlocked.Add(ref _used, bytes) <= options.Value.TotalOutputLimitBytes)
        {
            return true;
        }

        Return(bytes);
        return false;
    }

    public void Return(long bytes) => Interlocked.Add(ref _used, -bytes);
}
