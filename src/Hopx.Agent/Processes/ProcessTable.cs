using System.Globalization;
using System.Text;

namespace Hopx.Agent;

/// <summary>One line of the process table.</summary>
internal readonly record struct ProcessEntry(int Id, char State, int Parent, int Group, int Session, int Terminal, int ForegroundGroup)
{
    public bool IsDead => State is 'Z' or 'X';
}

/// <summary>Reads <c>/proc</c>. Everything in it may be gone by the next line, so nothing here fails for that.</summary>
internal static class ProcessTable
{
    // Of an environment only the beginning is searched, so that a huge one costs no memory.
    private const int MaxEnvironmentBytes = 256 * 1024;

    public static IEnumerable<ProcessEntry> Read()
    {
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(directory.AsSpan("/proc/".Length), NumberStyles.None, CultureInfo.InvariantCulture, out var id)
                && ReadEntry(id) is { } entry)
            {
                yield return entry;
            }
        }
    }

    public static ProcessEntry? ReadEntry(int id)
    {
        // The name in parentheses is the process's own choice and may hold anything, so the fields are counted from its end.
        var text = ReadStart($"/proc/{id}/stat", 1024);
        var end = Array.LastIndexOf(text, (byte)')');
        if (end < 0)
        {
            return null;
        }

        var fields = Encoding.ASCII.GetString(text.AsSpan(end + 1)).Split(' ', 7, StringSplitOptions.RemoveEmptyEntries);
        return fields.Length >= 6
            && int.TryParse(fields[1], out var parent)
            && int.TryParse(fields[2], out var group)
            && int.TryParse(fields[3], out var session)
            && int.TryParse(fields[4], out var terminal)
            && int.TryParse(fields[5], out var foreground)
            ? new ProcessEntry(id, fields[0][0], parent, group, session, terminal, foreground)
            : null;
    }

    /// <summary>Whether the process was started with this variable; false as well when it may not be looked at.</summary>
    public static bool HasVariable(int id, string name, string value) =>
        ReadStart($"/proc/{id}/environ", MaxEnvironmentBytes).AsSpan().IndexOf(Encoding.UTF8.GetBytes($"{name}={value}\0")) >= 0;

    /// <summary>Anonymous memory that the process holds, in bytes; shared pages of a fork count for each of the two.</summary>
    public static long ReadAnonymousBytes(int id)
    {
        var fields = Encoding.ASCII.GetString(ReadStart($"/proc/{id}/statm", 256)).Split(' ');
        return fields.Length > 2 && long.TryParse(fields[1], out var resident) && long.TryParse(fields[2], out var shared)
            ? (resident - shared) * Environment.SystemPageSize
            : 0;
    }

    /// <summary>Memory that the process holds with shared pages divided by those who share them, or null when it may not be looked at.</summary>
    public static long? ReadProportionalBytes(int id) => ReadNumber($"/proc/{id}/smaps_rollup", "Pss_Anon:") * 1024;

    /// <summary>Bytes that a process and the children it waited for wrote to disk; also of a dead one that is not reaped. Null where the kernel does not count.</summary>
    public static long? ReadWrittenBytes(int id) => ReadNumber($"/proc/{id}/io", "write_bytes:");

    /// <summary>The most memory that a living process ever held, or 0.</summary>
    public static long ReadPeakBytes(int id) => ReadNumber($"/proc/{id}/status", "VmHWM:") * 1024 ?? 0;

    /// <summary>What processors worked for a process that lives.</summary>
    public static unsafe TimeSpan ReadCpuTime(int id)
    {
        // The number of the clock of another process's time.
        const int ProcessClock = 2;
        Libc.TimeSpecification worked;
        return Libc.GetClock((~id << 3) | ProcessClock, &worked) == 0
            ? TimeSpan.FromSeconds(worked.Seconds) + TimeSpan.FromMicroseconds(worked.Nanoseconds / 1000)
            : TimeSpan.Zero;
    }

    public static string ReadName(int id) => Encoding.UTF8.GetString(ReadStart($"/proc/{id}/comm", 64)).TrimEnd('\n');

    /// <summary>The number behind a name that begins a line.</summary>
    public static long? ReadNumber(string path, string name)
    {
        foreach (var line in Encoding.ASCII.GetString(ReadStart(path, 8192)).Split('\n'))
        {
            if (line.StartsWith(name, StringComparison.Ordinal)
                && long.TryParse(line.AsSpan(name.Length).Trim().TrimEnd("kB ").ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var number))
            {
                return number;
            }
        }

        return null;
    }

    public static byte[] ReadStart(string path, int limit)
    {
        try
        {
            using var file = File.OpenHandle(path);
            var buffer = new byte[Math.Min(limit, 4096)];
            var length = 0;
            while (RandomAccess.Read(file, buffer.AsSpan(length), length) is var read and > 0)
            {
                length += read;
                if (length == limit)
                {
                    break;
                }

                if (length == buffer.Length)
                {
                    Array.Resize(ref buffer, Math.Min(limit, buffer.Length * 2));
                }
            }

            return buffer[..length];
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
