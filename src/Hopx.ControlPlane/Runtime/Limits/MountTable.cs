using System.Text;

namespace Hopx.ControlPlane.Runtime;

/// <summary>A line of <c>/proc/PID/mountinfo</c>.</summary>
/// <param name="Device">Number of the file system, as <c>major:minor</c>.</param>
/// <param name="Root">Which directory of that file system is mounted.</param>
/// <param name="Point">Where it is mounted.</param>
internal sealed record MountEntry(string Device, string Root, string Point, string Type, string Source, IReadOnlyList<string> SuperOptions);

/// <summary>Reads mount tables; what they say comes from the kernel and cannot be forged by the process that is looked at.</summary>
internal static class MountTable
{
    public static IReadOnlyList<MountEntry> Read(string path = "/proc/self/mountinfo") => Parse(File.ReadLines(path));

    /// <summary>Only the lines with that text: the tables of all processes together are megabytes, of which next to nothing is of interest.</summary>
    public static IReadOnlyList<MountEntry> ReadWith(string text, string path) => Parse(File.ReadLines(path).Where(line => line.Contains(text, StringComparison.Ordinal)));

    public static IReadOnlyList<MountEntry> Parse(IEnumerable<string> lines) => [.. lines.Select(ParseLine).OfType<MountEntry>()];

    /// <summary>The file system that holds a directory, and the directory's name within it.</summary>
    public static (string Device, string Path) Locate(string directory, IReadOnlyList<MountEntry> mounts)
    {
        var mount = mounts.Where(entry => Holds(entry.Point, directory)).MaxBy(entry => entry.Point.Length)
            ?? throw new InvalidOperationException($"No mount holds '{directory}'.");
        var below = directory[mount.Point.TrimEnd('/').Length..];
        return (mount.Device, mount.Root.TrimEnd('/') + below);
    }

    private static bool Holds(string point, string directory) =>
        point == "/" || directory == point || directory.StartsWith(point + "/", StringComparison.Ordinal);

    private static MountEntry? ParseLine(string line)
    {
        // 36 35 98:0 /root /point options optional… - type source super-options
        var halves = line.Split(" - ", 2);
        return halves.Length == 2 && halves[0].Split(' ') is [_, _, var device, var root, var point, ..] && halves[1].Split(' ') is [var type, var source, var options, ..]
            ? new MountEntry(device, Unescape(root), Unescape(point), type, Unescape(source), options.Split(','))
            : null;
    }

    /// <summary>Blanks and the like are written as three octal digits.</summary>
    private static string Unescape(string text)
    {
        if (!text.Contains('\\', StringComparison.Ordinal))
        {
            return text;
        }

        var plain = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] == '\\' && i + 3 < text.Length)
            {
                plain.Append((char)Convert.ToInt32(text.Substring(i + 1, 3), 8));
                i += 3;
            }
            else
            {
                plain.Append(text[i]);
            }
        }

        return plain.ToString();
    }
}
