namespace Hopx.Mcp.CommandLine.Demo;

/// <summary>How to start this very program once more.</summary>
internal static class ThisProgram
{
    public static (string Command, IList<string> Arguments) WithArguments(params string[] arguments)
    {
        var path = Environment.ProcessPath ?? throw new InvalidOperationException("The system does not tell the path of this program.");
        // A program that dotnet hosts is named by the first argument of the process.
        return Path.GetFileNameWithoutExtension(path) is "dotnet" ? (path, [Path.GetFullPath(Environment.GetCommandLineArgs()[0]), .. arguments]) : (path, arguments);
    }

    /// <summary>Processes that this one has started and that are still there.</summary>
    public static IReadOnlySet<int> Children()
    {
        var own = Environment.ProcessId;
        return Directory.EnumerateDirectories("/proc")
            .Select(directory => int.TryParse(Path.GetFileName(directory), out var id) ? id : 0)
            .Where(id => id > 0 && ParentOf(id) == own)
            .ToHashSet();
    }

    private static int? ParentOf(int id)
    {
        try
        {
            // The name before it may hold anything, also blanks and brackets.
            var stat = File.ReadAllText($"/proc/{id}/stat");
            var fields = stat[(stat.LastIndexOf(')') + 2)..].Split(' ');
            return fields[0] is "Z" ? null : int.Parse(fields[1], System.Globalization.CultureInfo.InvariantCulture);
        }
        catch (IOException)
        {
            return null;
        }
    }
}
