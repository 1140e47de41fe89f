using System.Globalization;

namespace Hopx.Agent;

/// <summary>What a live process has used so far.</summary>
/// <param name="PeakMemoryBytes">The most memory that it ever held.</param>
/// <param name="WrittenBytes">What it wrote to disk.</param>
internal readonly record struct KernelUsage(long? PeakMemoryBytes, long? WrittenBytes)
{
    public static KernelUsage Read(int process) => new(
        Find($"/proc/{process}/status", "VmHWM:") * 1024,
        Find($"/proc/{process}/io", "write_bytes:"));

    private static long? Find(string path, string name)
    {
        try
        {
            foreach (var line in File.ReadLines(path))
            {
                if (line.StartsWith(name, StringComparison.Ordinal))
                {
                    return long.TryParse(line[name.Length..].Replace("kB", "", StringComparison.Ordinal).Trim(), NumberStyles.None, CultureInfo.InvariantCulture, out var value) ? value : null;
                }
            }
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            // It has ended, or may not be looked at.
        }

        return null;
    }
}
