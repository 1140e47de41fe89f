using System.Text.RegularExpressions;

namespace Hopx.Testing.Compatibility;

/// <summary>Reads <c>docs/compatibility.md</c>, so that tests can hold it against the code.</summary>
public static partial class CompatibilityTable
{
    public const string ControlPlaneSection = "Control plane";
    public const string AgentSection = "VM agent";
    public const string TrapSection = "Traps";

    public static IReadOnlyList<CompatibilityRow> Read()
    {
        var rows = new List<CompatibilityRow>();
        var section = "";
        foreach (var line in File.ReadLines(Path.Combine(Checkout.Root, "docs", "compatibility.md")))
        {
            if (line.StartsWith("## ", StringComparison.Ordinal))
            {
                section = line[3..].Trim();
            }
            else if (Row().Match(line) is { Success: true } row)
            {
                rows.Add(new CompatibilityRow(
                    section, row.Groups["key"].Value, row.Groups["state"].Value, [.. Name().Matches(row.Groups["proof"].Value).Select(name => name.Groups[1].Value)]));
            }
        }

        return rows;
    }

    /// <summary>What differs between the served routes of a section and those that the program has, one line each.</summary>
    /// <param name="section">Heading of the section.</param>
    /// <param name="mapped">Methods and patterns that the program maps.</param>
    public static IReadOnlyList<string> Compare(string section, IEnumerable<string> mapped)
    {
        var told = Read().Where(row => row.Section == section && row.IsServed).Select(row => Normalize(row.Key)).ToHashSet();
        var routes = mapped.ToList();
        // What is below these another program serves.
        var forwarded = routes.Where(route => route.Contains("{**", StringComparison.Ordinal)).Select(route => route[..route.IndexOf('{', StringComparison.Ordinal)]).ToList();
        var real = routes.Where(route => !route.Contains("{**", StringComparison.Ordinal)).Select(Normalize).ToHashSet();
        told.RemoveWhere(route => forwarded.Exists(prefix => route.StartsWith(prefix, StringComparison.Ordinal)));
        return [.. told.Except(real).Select(route => $"{route} is in the table and not served"), .. real.Except(told).Select(route => $"{route} is served and not in the table")];
    }

    // A parameter's name is nobody's business; WebSockets begin as a GET.
    private static string Normalize(string route) => Parameter().Replace(route.Replace("WS /", "GET /", StringComparison.Ordinal), "{}").TrimEnd('/');

    [GeneratedRegex(@"^\| `(?<key>[^`]+)`[^|]*\| (?<state>\w+)[^|]*\|(?<proof>.*)\|\s*$")]
    private static partial Regex Row();

    [GeneratedRegex(@"`((?:\w+\.)+\w+)`")]
    private static partial Regex Name();

    [GeneratedRegex(@"\{[^}]*\}")]
    private static partial Regex Parameter();
}
