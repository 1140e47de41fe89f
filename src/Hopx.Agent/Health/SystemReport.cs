using System.Net.NetworkInformation;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Hopx.Client;
using Microsoft.Extensions.Options;

namespace Hopx.Agent;

/// <summary>The sandbox as what runs in it sees it.</summary>
internal sealed class SystemReport(SystemMeter meter, SandboxEnvironment environment, IOptions<AgentOptions> options, TimeProvider time)
{
    public SystemFacts Take(string requestId)
    {
        var (memory, disk, cpu) = (meter.ReadMemory(), meter.ReadDisk(), meter.ReadCpu());
        var release = ReadRelease();
        var variables = environment.GetAll();
        return new SystemFacts
        {
            Os = new OperatingSystemFacts
            {
                Name = release.GetValueOrDefault("NAME", "Linux"),
                Version = release.GetValueOrDefault("VERSION_ID"),
                Kernel = SystemMeter.ReadText("/proc/sys/kernel/osrelease").Trim(),
                Arch = RuntimeInformation.OSArchitecture is Architecture.Arm64 ? "arm64" : "amd64",
                Hostname = Environment.MachineName,
                Timezone = variables.GetValueOrDefault("TZ", time.LocalTimeZone.Id),
            },
            Hardware = new HardwareFacts { CpuCores = cpu.Cores, CpuModel = ReadCpuModel(), MemoryMb = memory.TotalMb, DiskMb = disk.TotalMb },
            Network = new NetworkFacts { Interfaces = ReadInterfaces(), Hostname = Environment.MachineName },
            Environment = new ShellFacts
            {
                Shell = "/bin/bash",
                Path = variables.GetValueOrDefault("PATH"),
                User = Environment.UserName,
                Home = variables.GetValueOrDefault("HOME"),
                WorkingDir = options.Value.Workdir,
                Environment = "sandbox",
            },
            Capabilities = ["code_execution", "commands", "files", "file_watch", "streams", "metrics"],
            Cpu = cpu,
            Memory = memory,
            Disk = disk,
            Timestamp = time.GetUtcNow(),
            RequestId = requestId,
        };
    }

    private static Dictionary<string, string> ReadRelease()
    {
        var release = new Dictionary<string, string>();
        foreach (var line in SystemMeter.ReadText("/etc/os-release").Split('\n'))
        {
            if (line.IndexOf('=', StringComparison.Ordinal) is var sign and > 0)
            {
                release[line[..sign]] = line[(sign + 1)..].Trim().Trim('"');
            }
        }

        return release;
    }

    private static string? ReadCpuModel() => SystemMeter.ReadText("/proc/cpuinfo").Split('\n')
        .FirstOrDefault(line => line.StartsWith("model name", StringComparison.Ordinal)) is { } line ? line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim() : null;

    private static List<NetworkInterfaceFacts> ReadInterfaces()
    {
        try
        {
            return
            [
                .. NetworkInterface.GetAllNetworkInterfaces().Select(one => new NetworkInterfaceFacts
                {
                    Name = one.Name,
                    Ip = one.GetIPProperties().UnicastAddresses.FirstOrDefault(address => address.Address.AddressFamily is AddressFamily.InterNetwork)?.Address.ToString(),
                    Mac = string.Join(':', one.GetPhysicalAddress().GetAddressBytes().Select(part => part.ToString("x2", System.Globalization.CultureInfo.InvariantCulture))),
                }),
            ];
        }
        catch (Exception unreadable) when (unreadable is NetworkInformationException or PlatformNotSupportedException or IOException)
        {
            return [];
        }
    }
}
