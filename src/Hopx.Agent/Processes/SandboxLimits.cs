using System.Globalization;
using System.Text;
using Microsoft.Extensions.Options;

namespace Hopx.Agent;

/// <summary>What the sandbox's control groups count, where they can be read: what the kernel killed or refused because a limit was reached.</summary>
internal sealed class SandboxLimits(IOptions<AgentOptions> options)
{
    private const string Root = "/sys/fs/cgroup";

    // Without a limit the kernel shows a number near the largest there is.
    private const long NoLimit = 1L << 60;

    /// <summary>Counters at one moment; null where nothing can be read.</summary>
    internal readonly record struct Counters(long? MemoryKills, long? RefusedProcesses);

    /// <summary>The sandbox's memory in bytes; null when none is known.</summary>
    public long? MemoryLimit => ReadLimit($"{Root}/memory.max") ?? ReadLimit($"{Root}/memory/memory.limit_in_bytes") ?? options.Value.MemoryLimitBytes;

    /// <summary>The most memory that the whole sandbox ever held.</summary>
    public static long? MemoryPeak => ReadLimit($"{Root}/memory.peak") ?? ReadLimit($"{Root}/memory/memory.max_usage_in_bytes");

    /// <summary>Processes and threads that the sandbox may have; null when not known.</summary>
    public long? ProcessLimit => options.Value.ProcessLimit ?? ReadLimit($"{Root}/pids.max") ?? ReadLimit($"{Root}/pids/pids.max");

    /// <summary>Memory that is in use and cannot simply be dropped; null where it cannot be read.</summary>
    public static long? MemoryInUse
    {
        get
        {
            var (used, dropped) = (ReadLimit($"{Root}/memory.current"), ProcessTable.ReadNumber($"{Root}/memory.stat", "inactive_file "));
            if (used is null)
            {
                (used, dropped) = (ReadLimit($"{Root}/memory/memory.usage_in_bytes"), ProcessTable.ReadNumber($"{Root}/memory/memory.stat", "total_inactive_file "));
            }

            return used - (dropped ?? 0);
        }
    }

    public static Counters Read() => new(
        ProcessTable.ReadNumber($"{Root}/memory.events", "oom_kill ") ?? ProcessTable.ReadNumber($"{Root}/memory/memory.oom_control", "oom_kill "),
        ProcessTable.ReadNumber($"{Root}/pids.events", "max ") ?? ProcessTable.ReadNumber($"{Root}/pids/pids.events", "max "));

    private static long? ReadLimit(string path) =>
        long.TryParse(Encoding.ASCII.GetString(ProcessTable.ReadStart(path, 64)).AsSpan().Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var limit) && limit < NoLimit ? limit : null;
}
