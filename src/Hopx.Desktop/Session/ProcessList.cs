using System.Globalization;
using Hopx.Client;

namespace Hopx.Desktop;

/// <summary>Processes of the user that this program runs as, which are those of the desktop.</summary>
internal static class ProcessList
{
    private const int MostProcesses = 500;
    private const int MostCommandLength = 1_000;

    public static IReadOnlyList<DesktopProcess> Read()
    {
        var own = OwnerOf(Environment.ProcessId);
        return
        [
            .. new DirectoryInfo("/proc").EnumerateDirectories()
                .Select(directory => int.TryParse(directory.Name, NumberStyles.None, CultureInfo.InvariantCulture, out var id) ? id : 0)
                .Where(id => id > 0 && OwnerOf(id) == own)
                .Take(MostProcesses)
                .Select(id => new DesktopProcess { Pid = id, Name = NameOf(id), Command = CommandOf(id) })
                .Where(process => process.Name is not null),
        ];
    }

    public static string? NameOf(int id) => ReadText(id, "comm")?.TrimEnd();

    private static string? CommandOf(int id) =>
        ReadText(id, "cmdline")?.Replace('\0', ' ').Trim() is { } command ? command.Length > MostCommandLength ? command[..MostCommandLength] : command : null;

    private static string? OwnerOf(int id) => ReadText(id, "status")?.Split('\n').FirstOrDefault(line => line.StartsWith("Uid:", StringComparison.Ordinal));

    private static string? ReadText(int id, string file)
    {
        try
        {
            return File.ReadAllText($"/proc/{id}/{file}");
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return null;
        }
    }
}
