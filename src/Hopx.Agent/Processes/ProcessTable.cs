using System.Globalization;
using System.Text;

namespace Hopx.Agent;

/// <summary>One line of the process table.</summary>
internal readonly record struct ProcessEntry(int Id, char State, int Parent, int Group, int Session)
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

        var fields = Encoding.ASCII.GetString(text.AsSpan(end + 1)).Split(' ', 6, StringSplitOptions.RemoveEmptyEntries);
        return fields.Length >= 5 && int.TryParse(fields[1], out var parent) && int.TryParse(fields[2], out var group) && int.TryParse(fields[3], out var session)
            ? new ProcessEntry(id, fields[0][0], parent, group, session)
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
    public static long? ReadProportionalBytes(int id)
    {
        foreach (var line in Encoding.ASCII.GetString(ReadStart($"/proc/{id}/smaps_rollup", 4096)).Split('\n'))
        {
            if (line.StartsWith("Pss_Anon:", StringComparison.Ordinal)
                && long.TryParse(line.AsSpan("Pss_Anon:".Length).Trim().TrimEnd("kB ").ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var kib))
            {
                return kib * 1024;
            }
        }

        return null;
    }

    public static string ReadName(int id) => Encoding.UTF8.GetString(ReadStart($"/proc/{id}/comm", 64)).TrimEnd('\n');

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
