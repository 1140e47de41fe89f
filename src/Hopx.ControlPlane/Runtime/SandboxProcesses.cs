using System.Globalization;

namespace Hopx.ControlPlane.Runtime;

/// <summary>Finds the processes of sandboxes by what their mount tables show: the sandbox's own run directory, which no other process has.</summary>
internal static class SandboxProcesses
{
    /// <summary>All processes of one home's sandboxes, by sandbox id: those inside, and those of a launch that is under way.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<ProcessIdentity>> Find(string home)
    {
        var (device, path) = MountTable.Locate(home, MountTable.Read());
        var prefix = $"{path.TrimEnd('/')}/sandboxes/";
        var found = new Dictionary<string, List<ProcessIdentity>>();
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out var processId)
                && SandboxOf(directory, device, prefix) is { } id
                && ProcessIdentity.Read(processId) is { } process)
            {
                if (!found.TryGetValue(id, out var processes))
                {
                    found[id] = processes = [];
                }

                processes.Add(process);
            }
        }

        return found.ToDictionary(pair => pair.Key, pair => (IReadOnlyList<ProcessIdentity>)pair.Value);
    }

    private static string? SandboxOf(string process, string device, string prefix)
    {
        try
        {
            return MountTable.Read(Path.Combine(process, "mountinfo"))
                .Where(mount => mount.Device == device && mount.Root.StartsWith(prefix, StringComparison.Ordinal) && mount.Root.EndsWith("/run", StringComparison.Ordinal))
                .Select(mount => mount.Root[prefix.Length..^"/run".Length])
                .FirstOrDefault(id => !id.Contains('/', StringComparison.Ordinal));
        }
        catch (Exception notOurs) when (notOurs is IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            return null;
        }
    }
}
