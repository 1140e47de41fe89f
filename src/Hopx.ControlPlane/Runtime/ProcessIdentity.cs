using System.Globalization;

namespace Hopx.ControlPlane.Runtime;

/// <summary>A process that cannot be mistaken for a later one with the same number.</summary>
/// <param name="ProcessId">Its number in the host's pid namespace.</param>
/// <param name="StartTicks">When it started, in clock ticks after the machine's boot, as <c>/proc/PID/stat</c> says.</param>
internal sealed record ProcessIdentity(int ProcessId, long StartTicks)
{
    /// <summary>The process of that number, or null when none lives.</summary>
    public static ProcessIdentity? Read(int processId)
    {
        string stat;
        try
        {
            stat = File.ReadAllText(string.Create(CultureInfo.InvariantCulture, $"/proc/{processId}/stat"));
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }

        // The name in the second field is the process's own choice and may hold blanks and brackets: read on after the last one.
        var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
        return fields.Length > 19 && !HasEnded(state: fields[0], threads: fields[17])
            ? new ProcessIdentity(processId, long.Parse(fields[19], CultureInfo.InvariantCulture))
            : null;
    }

    public bool IsAlive() => Read(ProcessId) == this;

    /// <remarks>
    /// The state is that of the first thread. While others go on ending, the process still has its files and mounts; the last thread of
    /// a pid namespace's first process moreover ends all others in it.
    /// </remarks>
    private static bool HasEnded(string state, string threads) => state is "X" || (state is "Z" && threads is ("0" or "1"));
}
