using System.Diagnostics;
using System.Globalization;
using Hopx.Client;
using Microsoft.Extensions.Options;

namespace Hopx.Agent;

/// <summary>Reads what the sandbox uses: from its control groups where they can be seen, else from what the kernel shows of its processes.</summary>
internal sealed class SystemMeter(SandboxLimits limits, IOptions<AgentOptions> options, TimeProvider time)
{
    private const string Groups = "/sys/fs/cgroup";
    private const int MaxFileBytes = 64 * 1024;
    private const long BytesOfMb = 1024 * 1024;

    // What lies closer together says nothing.
    private static readonly TimeSpan ShortestSample = TimeSpan.FromMilliseconds(200);

    private readonly Lock _gate = new();
    private double? _lastPercent;
    private double? _lastCpuSeconds;
    private long _lastLook;

    public SystemUsage Read() => new() { Cpu = ReadCpu(), Memory = ReadMemory(), Disk = ReadDisk(), Network = ReadNetwork() };

    public static AgentProcessUsage ReadAgent()
    {
        using var self = Process.GetCurrentProcess();
        return new AgentProcessUsage { MemoryBytes = self.WorkingSet64, CpuSeconds = Math.Round(self.TotalProcessorTime.TotalSeconds, 3), Threads = self.Threads.Count };
    }

    public CpuUsage ReadCpu()
    {
        var cores = Environment.ProcessorCount;
        lock (_gate)
        {
            var now = time.GetTimestamp();
            if (_lastCpuSeconds is null || time.GetElapsedTime(_lastLook, now) >= ShortestSample)
            {
                var used = ReadCpuSeconds();
                if (_lastCpuSeconds is { } last && used is { } current)
                {
                    // A sum over processes becomes smaller when one ends.
                    _lastPercent = Math.Round(Math.Clamp((current - last) / time.GetElapsedTime(_lastLook, now).TotalSeconds / cores, 0, 1) * 100, 1);
                }

                _lastCpuSeconds = used;
                _lastLook = now;
            }

            return new CpuUsage { UsagePercent = _lastPercent, Cores = cores };
        }
    }

    public SpaceUsage ReadMemory()
    {
        var total = Math.Min(limits.MemoryLimit ?? long.MaxValue, ReadKilobytes("MemTotal:") ?? long.MaxValue);
        var used = SandboxLimits.MemoryInUse ?? ReadKilobytes("MemTotal:") - ReadKilobytes("MemAvailable:") ?? 0;
        return Describe(total == long.MaxValue ? 0 : total, used);
    }

    public SpaceUsage ReadDisk()
    {
        try
        {
            var drive = new DriveInfo(Directory.Exists(options.Value.Workdir) ? options.Value.Workdir : "/");
            return Describe(drive.TotalSize, drive.TotalSize - drive.AvailableFreeSpace);
        }
        catch (IOException)
        {
            return new SpaceUsage();
        }
    }

    /// <summary>The start of a small file of the kernel or the template; empty when it cannot be read.</summary>
    public static string ReadText(string path)
    {
        try
        {
            using var file = File.OpenHandle(path);
            var buffer = new byte[MaxFileBytes];
            var length = 0;
            while (length < buffer.Length && RandomAccess.Read(file, buffer.AsSpan(length), length) is var read and > 0)
            {
                length += read;
            }

            return System.Text.Encoding.UTF8.GetString(buffer, 0, length);
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static NetworkUsage ReadNetwork()
    {
        var (received, sent) = (0L, 0L);
        foreach (var line in ReadText("/proc/net/dev").Split('\n').Skip(2))
        {
            var fields = line.Split(':', ' ').Where(field => field.Length > 0).ToArray();
            if (fields.Length > 9 && fields[0] != "lo"
                && long.TryParse(fields[1], CultureInfo.InvariantCulture, out var incoming) && long.TryParse(fields[9], CultureInfo.InvariantCulture, out var outgoing))
            {
                received += incoming;
                sent += outgoing;
            }
        }

        return new NetworkUsage { ReceivedBytes = received, SentBytes = sent };
    }

    private static double? ReadCpuSeconds()
    {
        if (FindNumber(ReadText($"{Groups}/cpu.stat"), "usage_usec ") is { } microseconds)
        {
            return microseconds / 1e6;
        }

        foreach (var group in new[] { "cpuacct", "cpu,cpuacct" })
        {
            if (long.TryParse(ReadText($"{Groups}/{group}/cpuacct.usage").Trim(), CultureInfo.InvariantCulture, out var nanoseconds))
            {
                return nanoseconds / 1e9;
            }
        }

        return SumOfProcesses();
    }

    private static double SumOfProcesses()
    {
        const double TicksPerSecond = 100;
        const int UserTime = 11;
        var ticks = 0L;
        foreach (var process in Directory.EnumerateDirectories("/proc").Where(path => char.IsAsciiDigit(path[^1])))
        {
            var status = ReadText($"{process}/stat");
            // The name of the program may hold anything, brackets too.
            var fields = status[(status.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (fields.Length > UserTime + 1
                && long.TryParse(fields[UserTime], CultureInfo.InvariantCulture, out var user) && long.TryParse(fields[UserTime + 1], CultureInfo.InvariantCulture, out var system))
            {
                ticks += user + system;
            }
        }

        return ticks / TicksPerSecond;
    }

    private static long? ReadKilobytes(string name) => FindNumber(ReadText("/proc/meminfo"), name) * 1024;

    private static long? FindNumber(string text, string name)
    {
        var line = text.Split('\n').FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal));
        return line is not null && long.TryParse(line[name.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), CultureInfo.InvariantCulture, out var number) ? number : null;
    }

    private static SpaceUsage Describe(long total, long used) => new()
    {
        TotalMb = total / BytesOfMb,
        UsedMb = Math.Max(0, used) / BytesOfMb,
        UsagePercent = total > 0 ? Math.Round(Math.Clamp(100.0 * used / total, 0, 100), 1) : 0,
    };
}
