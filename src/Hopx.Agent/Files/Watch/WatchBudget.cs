using Microsoft.Extensions.Options;

namespace Hopx.Agent;

/// <summary>How many directories all watches together may hold.</summary>
internal sealed class WatchBudget(IOptions<FilesOptions> options)
{
    private int _taken;

    public int Limit => options.Value.WatchLimit;

    public int Taken => Volatile.Read(ref _taken);

    public bool TryTake()
    {
        if (Interlocked.Increment(ref _taken) <= Limit)
        {
            return true;
        }

        GiveBack(1);
        return false;
    }

    public void GiveBack(int count) => Interlocked.Add(ref _taken, -count);
}
