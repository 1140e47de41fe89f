using System.Text;

namespace Hopx.Mcp.CommandLine.Output;

/// <summary>Columns that line up, also in a pipe.</summary>
internal static class TextTable
{
    public static async Task WriteAsync(TextWriter output, IReadOnlyList<string> header, IEnumerable<IReadOnlyList<string?>> rows)
    {
        var table = rows.Select(row => row.Select(Clean).ToArray()).Prepend([.. header]).ToList();
        var widths = Enumerable.Range(0, header.Count).Select(column => table.Max(row => row[column].Length)).ToArray();
        foreach (var row in table)
        {
            var line = new StringBuilder();
            for (var column = 0; column < row.Length; column++)
            {
                line.Append(row[column].PadRight(widths[column] + 2));
            }

            await output.WriteLineAsync(line.ToString().TrimEnd());
        }
    }

    // What a service sends may hold anything; a terminal must not act on it.
    private static string Clean(string? text) =>
        text is null or "" ? "-" : string.Concat(text.Select(character => char.IsControl(character) ? '?' : character));
}
