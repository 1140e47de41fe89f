using Hopx.Mcp.CommandLine.Local;

namespace Hopx.EndToEnd.Tests.Crashes;

/// <summary>How much of what sandboxes are made of there is on this machine: nothing but numbers, so that nothing is overlooked for its name.</summary>
internal sealed record MachineCounts(int Mounts, int NetworkNamespaces, int LoopDevices, int Processes, int ControlGroups, int Directories, int RuntimeStates, int Ports)
{
    /// <param name="machine">The home whose sandboxes are counted; namespaces, mounts and loop devices are counted on the whole machine.</param>
    /// <param name="server">Process of the server, whose ports are counted.</param>
    public static MachineCounts Take(LocalMachine machine, int server)
    {
        var remains = machine.Runtime.FindRemains();
        var home = machine.Home.Path;
        return new MachineCounts(
            // Those of the machine itself; those of sandboxes live in namespaces of their own, which vanish with their processes.
            File.ReadLines("/proc/self/mountinfo").Count(line => line.Contains(home, StringComparison.Ordinal)),
            NamespacesOf(home),
            LoopDevicesOf(home),
            remains.Processes.Count,
            remains.ControlGroups.Count,
            remains.Directories.Count,
            remains.RuntimeStates.Count,
            ListeningPorts(server));
    }

    /// <summary>Network namespaces, other than the machine's own, of processes that have a mount of this home.</summary>
    private static int NamespacesOf(string home)
    {
        var found = new HashSet<string>();
        foreach (var process in Directory.EnumerateDirectories("/proc").Where(directory => Path.GetFileName(directory).All(char.IsAsciiDigit)))
        {
            try
            {
                if (File.ReadAllText(Path.Combine(process, "mountinfo")).Contains(Path.GetFileName(Path.GetDirectoryName(home)!), StringComparison.Ordinal)
                    && new FileInfo(Path.Combine(process, "ns", "net")).LinkTarget is { } name
                    && name != new FileInfo("/proc/self/ns/net").LinkTarget)
                {
                    found.Add(name);
                }
            }
            catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
            {
                // It ended meanwhile, or is not ours.
            }
        }

        return found.Count;
    }

    private static int LoopDevicesOf(string home)
    {
        var count = 0;
        foreach (var device in Directory.EnumerateDirectories("/sys/block", "loop*"))
        {
            try
            {
                count += File.ReadAllText(Path.Combine(device, "loop", "backing_file")).StartsWith(home, StringComparison.Ordinal) ? 1 : 0;
            }
            catch (IOException)
            {
                // Nothing lies behind it.
            }
        }

        return count;
    }

    private static int ListeningPorts(int server)
    {
        var sockets = Directory.EnumerateFiles($"/proc/{server}/fd")
            .Select(file => new FileInfo(file).LinkTarget)
            .Where(target => target?.StartsWith("socket:[", StringComparison.Ordinal) is true)
            .Select(target => target!["socket:[".Length..^1])
            .ToHashSet();
        const string Listening = "0A";
        return File.ReadLines($"/proc/{server}/net/tcp").Skip(1)
            .Select(line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Count(fields => fields[3] == Listening && sockets.Contains(fields[9]));
    }
}
