using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Hopx.ControlPlane.WarmPool;

/// <summary>How many sandboxes of which template are kept ready.</summary>
internal static class WarmSandboxSizes
{
    /// <summary>What a bare number is about: the template that callers get who name none.</summary>
    public const string UsualTemplate = "code-interpreter";

    private const int Most = 100;
    private const long Gibibyte = 1L << 30;

    /// <summary>Reads the setting; <c>auto</c> stands for none here, since what it is depends on the program.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out IReadOnlyDictionary<string, int>? sizes)
    {
        var read = new Dictionary<string, int>(StringComparer.Ordinal);
        sizes = read;
        if (text is null or "" or WarmSandboxSizesAttribute.Auto)
        {
            return true;
        }

        foreach (var part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            var (name, number) = part.Split('=', StringSplitOptions.TrimEntries) switch
            {
                [var only] => (UsualTemplate, only),
                [{ Length: > 0 } template, var count] => (template, count),
                _ => ("", ""),
            };
            if (!int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out var size) || size > Most || !read.TryAdd(name, size))
            {
                sizes = null;
                return false;
            }
        }

        return true;
    }

    /// <summary>
    /// What <c>auto</c> is for a server that runs for weeks: two, since callers come in pairs more often than in dozens, and each one that waits takes its memory.
    /// A program that serves one conversation makes one sandbox in it, and would throw the second away: there it is none.
    /// </summary>
    public static string ForServer(long memoryBytes) => (memoryBytes < 4 * Gibibyte ? 0 : memoryBytes < 8 * Gibibyte ? 1 : 2).ToString(CultureInfo.InvariantCulture);
}
