using System.Globalization;
using System.Text;

namespace Hopx.ControlPlane.Runtime;

/// <summary>Finds the processes of sandboxes by what their mount tables show: the sandbox's own run directory, which no other process has.</summary>
internal static class SandboxProcesses
{
    // The launch script itself is one of the arguments.
    private const int LaunchArguments = 16 * 1024;

    private const string Sandboxes = "/sandboxes/";

    private static readonly FileStreamOptions Unbuffered = new() { BufferSize = 0 };

    /// <summary>All processes of one home's sandboxes, by sandbox id: those inside, and those of a launch that is under way.</summary>
    public static IReadOnlyDictionary<string, IReadOnlyList<ProcessIdentity>> Find(string home)
    {
        var (device, path) = MountTable.Locate(home, MountTable.Read());
        var prefix = $"{path.TrimEnd('/')}{Sandboxes}";
        var found = new Dictionary<string, List<ProcessIdentity>>();
        foreach (var directory in Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(directory), NumberStyles.None, CultureInfo.InvariantCulture, out var processId)
                && (SandboxOf(directory, device, prefix) ?? LaunchOf(directory, home + Sandboxes)) is { } id
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

    /// <summary>A launch names its sandbox before it mounts anything: one whose server died would otherwise go on unseen.</summary>
    private static string? LaunchOf(string process, string prefix)
    {
        try
        {
            using var file = new FileStream(Path.Combine(process, "cmdline"), Unbuffered);
            Span<byte> buffer = stackalloc byte[LaunchArguments];
            buffer = buffer[..file.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false)];
            if (buffer.IndexOf("launch.sh"u8) < 0 && buffer.IndexOf("--bundle"u8) < 0)
            {
                return null;
            }

            var arguments = Encoding.UTF8.GetString(buffer).Split('\0');
            var isLaunch = arguments.Contains("launch.sh", StringComparer.Ordinal) || Array.IndexOf(arguments, "--bundle") > 0;
            return isLaunch
                ? arguments.FirstOrDefault(argument => argument.StartsWith(prefix, StringComparison.Ordinal) && argument.IndexOf('/', prefix.Length) < 0)?[prefix.Length..]
                : null;
        }
        catch (Exception notOurs) when (notOurs is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }

    private static string? SandboxOf(string process, string device, string prefix)
    {
        try
        {
            return MountTable.ReadWith(Sandboxes, Path.Combine(process, "mountinfo"))
                .Where(mount => mount.Device == device && mount.Root.StartsWith(prefix, StringComparison.Ordinal))
                .Select(mount => IdOf(mount.Root[prefix.Length..]))
                .FirstOrDefault(id => id is not null);
        }
        catch (Exception notOurs) when (notOurs is IOException or UnauthorizedAccessException or InvalidOperationException)
        {
            return null;
        }
    }

    // The kernel writes "//deleted" behind a directory that has been removed meanwhile.
    private static string? IdOf(string mounted) => mounted.Split('/') switch
    {
        [var id, "run"] => id,
        [var id, "run", "", "deleted"] => id,
        _ => null,
    };
}
