using System.Globalization;
using System.Text;

namespace Hopx.Agent;

/// <summary>The processes that code in a kernel has started, told from those of the code before it by the time of their start.</summary>
internal static class KernelFamily
{
    private static readonly TimeSpan DeathPatience = TimeSpan.FromSeconds(1);

    private const int TicksPerSecond = 100;
    private const int MaxRounds = 16;
    private const int Crowd = 32;
    private const int StartTimeField = 19;

    /// <summary>Kills what came from the kernel in that last time.</summary>
    /// <returns>False when it is such a crowd that the kernel has to go with it.</returns>
    public static bool TryKillSince(ProcessFamily family, int leader, TimeSpan last)
    {
        if (ReadUptime() is not { } uptime)
        {
            return false;
        }

        var begin = (long)((uptime - last.TotalSeconds) * TicksPerSecond);
        var stopped = new HashSet<int>();
        for (var round = 0; round < MaxRounds; round++)
        {
            // Stopped ones cannot fork any more, so their number stops growing before they are killed.
            var found = family.FindAll().Where(member => member != leader && ReadStart(member) >= begin && stopped.Add(member)).ToList();
            if (found.Count == 0)
            {
                break;
            }

            found.ForEach(member => _ = Libc.Kill(member, Libc.SigStop));
            if (stopped.Count > Crowd)
            {
                return false;
            }
        }

        foreach (var member in stopped)
        {
            _ = Libc.Kill(member, Libc.SigKill);
        }

        // Who was killed is gone before the answer says so.
        SpinWait.SpinUntil(() => stopped.All(member => ProcessTable.ReadEntry(member) is not { IsDead: false }), DeathPatience);

        return true;
    }

    private static double? ReadUptime() =>
        double.TryParse(ReadText("/proc/uptime").Split(' ')[0], NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) ? seconds : null;

    private static long ReadStart(int process)
    {
        var text = ReadText($"/proc/{process}/stat");
        var fields = text[(text.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return fields.Length > StartTimeField && long.TryParse(fields[StartTimeField], NumberStyles.None, CultureInfo.InvariantCulture, out var ticks) ? ticks : -1;
    }

    private static string ReadText(string path)
    {
        try
        {
            using var file = File.OpenHandle(path);
            Span<byte> buffer = stackalloc byte[1024];
            return Encoding.ASCII.GetString(buffer[..RandomAccess.Read(file, buffer, 0)]);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
