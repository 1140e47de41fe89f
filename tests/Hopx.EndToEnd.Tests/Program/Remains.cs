using Hopx.Mcp.CommandLine.Local;

namespace Hopx.EndToEnd.Tests.Program;

/// <summary>Looks for all that a sandbox can leave on a machine.</summary>
internal static class Remains
{
    public static IReadOnlyList<string> Of(LocalMachine machine)
    {
        var found = machine.Runtime.FindRemains();
        return
        [
            .. found.Directories.Select(id => $"directory of {id}"),
            .. found.RuntimeStates.Select(id => $"runtime state of {id}"),
            .. found.ControlGroups.Select(id => $"cgroup of {id}"),
            .. found.Processes.Select(pair => $"{pair.Value.Count} processes of {pair.Key}"),
            .. LoopDevicesOn(machine.Home.Path).Select(image => $"loop device on {image}"),
            .. File.ReadLines("/proc/self/mountinfo").Where(mount => mount.Contains(machine.Home.Path, StringComparison.Ordinal)).Select(mount => $"mount {mount}"),
        ];
    }

    private static IEnumerable<string> LoopDevicesOn(string home)
    {
        foreach (var device in Directory.EnumerateDirectories("/sys/block", "loop*"))
        {
            var image = ReadBackingFile(device);
            if (image.StartsWith(home, StringComparison.Ordinal))
            {
                yield return image;
            }
        }
    }

    private static string ReadBackingFile(string device)
    {
        try
        {
            return File.ReadAllText(Path.Combine(device, "loop", "backing_file"));
        }
        catch (IOException)
        {
            // Nothing lies behind it, or no longer.
            return "";
        }
    }
}
