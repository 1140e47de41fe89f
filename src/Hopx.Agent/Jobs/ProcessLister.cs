using System.Globalization;
using System.Text;
using Hopx.Client;
using Microsoft.Win32.SafeHandles;

namespace Hopx.Agent;

/// <summary>Lists all processes of the sandbox, and says which job each leads.</summary>
internal sealed class ProcessLister(JobRegistry jobs, TimeProvider time)
{
    private const int MaxProcesses = 10_000;
    private const int MaxCommandBytes = 2048;
    private const int MaxAccountsBytes = 256 * 1024;

    // What the kernel counts processor time in, on every architecture that .NET runs on.
    private const double TicksPerSecond = 100;

    private const int StartTimeField = 19;

    public ProcessList List(string? maxResults)
    {
        var limit = int.TryParse(maxResults, NumberStyles.None, CultureInfo.InvariantCulture, out var asked) && asked > 0 ? Math.Min(asked, MaxProcesses) : MaxProcesses;
        var leaders = new Dictionary<int, string>();
        foreach (var job in jobs.List())
        {
            if (job.LeaderId is { } leader)
            {
                leaders[leader] = job.ProcessId;
            }
        }

        var users = ReadUsers();
        var uptime = ReadUptime();
        var processes = ProcessTable.Read().OrderBy(entry => entry.Id).Take(limit).Select(entry => Describe(entry, leaders, users, uptime)).OfType<ProcessInfo>().ToList();
        return new ProcessList { Processes = processes, Count = processes.Count, Timestamp = time.GetUtcNow() };
    }

    private static ProcessInfo? Describe(ProcessEntry entry, Dictionary<int, string> leaders, Dictionary<string, string> users, double uptime)
    {
        var status = ReadFields(Encoding.UTF8.GetString(ProcessTable.ReadStart($"/proc/{entry.Id}/status", 4096)));
        if (!status.TryGetValue("Name", out var name))
        {
            return null;
        }

        var uid = status.GetValueOrDefault("Uid", "").Split('\t', 2)[0];
        var command = Encoding.UTF8.GetString(ProcessTable.ReadStart($"/proc/{entry.Id}/cmdline", MaxCommandBytes)).TrimEnd('\0').Replace('\0', ' ');
        return new ProcessInfo
        {
            Pid = entry.Id,
            ParentPid = entry.Parent,
            Name = name,
            Command = command.Length > 0 ? command : $"[{name}]",
            User = users.GetValueOrDefault(uid, uid),
            Status = StatusOf(entry.State),
            CpuPercent = ReadCpuPercent(entry.Id, uptime),
            MemoryMb = Kib(status.GetValueOrDefault("VmRSS", "")) is { } kib ? Math.Round(kib / 1024.0, 2) : 0,
            ProcessId = leaders.GetValueOrDefault(entry.Id),
        };
    }

    private static string StatusOf(char state) => state switch
    {
        'R' => "running",
        'D' => "waiting",
        'Z' or 'X' => "zombie",
        'T' or 't' => "stopped",
        _ => "sleeping",
    };

    private static double ReadCpuPercent(int process, double uptime)
    {
        var text = Encoding.ASCII.GetString(ProcessTable.ReadStart($"/proc/{process}/stat", 1024));
        var fields = text[(text.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
        if (fields.Length <= StartTimeField
            || !long.TryParse(fields[11], out var user)
            || !long.TryParse(fields[12], out var system)
            || !long.TryParse(fields[StartTimeField], out var started))
        {
            return 0;
        }

        var age = uptime - (started / TicksPerSecond);
        return age > 0 ? Math.Round((user + system) / TicksPerSecond / age * 100, 1) : 0;
    }

    private static double ReadUptime() =>
        double.TryParse(Encoding.ASCII.GetString(ProcessTable.ReadStart("/proc/uptime", 64)).Split(' ')[0], NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) ? seconds : 0;

    private static Dictionary<string, string> ReadFields(string text)
    {
        var fields = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in text.Split('\n'))
        {
            if (line.IndexOf(':', StringComparison.Ordinal) is var colon and > 0)
            {
                fields.TryAdd(line[..colon], line[(colon + 1)..].Trim());
            }
        }

        return fields;
    }

    // The file is the sandbox's own: it may be a pipe without an end, or one that nobody writes to.
    private static byte[] ReadAccounts()
    {
        try
        {
            using var file = new SafeFileHandle(
                Libc.OpenAt(Libc.AtFdCwd, "/etc/passwd", OpenFlags.ReadOnly | OpenFlags.NonBlocking | OpenFlags.CloseOnExec, 0), ownsHandle: true);
            var buffer = new byte[MaxAccountsBytes];
            var length = 0;
            while (!file.IsInvalid && length < buffer.Length && RandomAccess.Read(file, buffer.AsSpan(length), length) is var read and > 0)
            {
                length += read;
            }

            return buffer[..length];
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

    private static long? Kib(string text) => long.TryParse(text.Split(' ')[0], NumberStyles.None, CultureInfo.InvariantCulture, out var kib) ? kib : null;

    private static Dictionary<string, string> ReadUsers()
    {
        var users = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var line in Encoding.UTF8.GetString(ReadAccounts()).Split('\n'))
        {
            if (line.Split(':', 4) is [var name, _, var id, ..])
            {
                users.TryAdd(id, name);
            }
        }

        return users;
    }
}
