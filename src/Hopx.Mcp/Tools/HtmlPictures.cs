using System.Text;
using System.Text.Json;
using Hopx.Client;
using Hopx.Mcp.Conversations;
using Hopx.Mcp.Hosting;
using Microsoft.Extensions.Options;

namespace Hopx.Mcp.Tools;

/// <summary>Draws the HTML tables that a run made. It is done in the sandbox, since the HTML may hold anything.</summary>
internal sealed class HtmlPictures(IOptions<HopxMcpOptions> options)
{
    private const string Html = "text/html";
    private const string Png = "image/png";

    private static readonly TimeSpan Least = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan Most = TimeSpan.FromSeconds(20);

    private static readonly Lazy<string> Script = new(ReadScript);

    /// <summary>The run with a picture beside each table that had none, and what is to be said about it.</summary>
    /// <param name="sandbox">Where it ran.</param>
    /// <param name="run">What came of it.</param>
    /// <param name="left">Time that is left for the call.</param>
    /// <param name="cancellationToken">The call's.</param>
    public async Task<(ExecutionResult Run, string? Remark)> DrawAsync(OpenSandbox sandbox, ExecutionResult run, TimeSpan left, CancellationToken cancellationToken)
    {
        // Services without the list tell the last one alone.
        IReadOnlyList<RichOutput> outputs = run.RichOutputs ?? (run.Html is { } html ? [new RichOutput { Type = Html, Data = new Dictionary<string, string> { [Html] = html } }] : []);
        var tables = outputs.Where(IsTable).Take(options.Value.MaxPictures).ToArray();
        if (tables is [])
        {
            return (run, run.Outcome is RunOutcome.Running ? null : "No HTML table was made, so there is none to draw.");
        }

        if (left < Least)
        {
            return (run, "The time of this call is used up, so no table was drawn. Show it once more in another call.");
        }

        var pages = JsonSerializer.SerializeToUtf8Bytes([.. tables.Select(table => table.Data[Html])], ToolJson.Default.StringArray);
        var drawn = await sandbox.Agent.Execution.RunAsync(
            new ExecuteRequest
            {
                Code = $"import base64, json\nPAGES = json.loads(base64.b64decode('{Convert.ToBase64String(pages)}'))\n{Script.Value}",
                Language = "python",
                Clean = true,
                Timeout = (left < Most ? left : Most).TotalSeconds,
            },
            cancellationToken);
        var pictures = (drawn.RichOutputs ?? []).Where(output => output.Data.ContainsKey(Png)).Take(tables.Length).ToArray();
        var better = new Dictionary<RichOutput, RichOutput>(ReferenceEqualityComparer.Instance);
        foreach (var (table, picture) in tables.Zip(pictures))
        {
            better[table] = table with { Data = new Dictionary<string, string>(table.Data) { [Png] = picture.Data[Png] } };
        }

        var isAll = pictures.Length == tables.Length && tables.Length == outputs.Count(output => output.Data.ContainsKey(Html));
        return (run with { RichOutputs = [.. outputs.Select(output => better.GetValueOrDefault(output, output))], Html = isAll ? null : run.Html }, Remark(drawn));
    }

    // What JavaScript draws needs a browser, and no table would be seen.
    private static bool IsTable(RichOutput output) =>
        output.Data.TryGetValue(Html, out var html) && html.Contains("<table", StringComparison.OrdinalIgnoreCase) && !Pictures.Types.Any(output.Data.ContainsKey);

    private static string? Remark(ExecutionResult drawn)
    {
        if (drawn.Success)
        {
            return drawn.Stdout.Trim() is { Length: > 0 } said ? OutputText.Line(said) : null;
        }

        var reason = drawn.Stderr.Contains("No module named 'weasyprint'", StringComparison.Ordinal)
            ? "the sandbox's template has no WeasyPrint; code-interpreter has it"
            : OutputText.Line(drawn.Stderr.Trim().Split('\n')[^1], 300);
        return $"A table was not drawn: {reason}. Its text is the result.";
    }

    private static string ReadScript()
    {
        using var file = typeof(HtmlPictures).Assembly.GetManifestResourceStream("tools/html_pictures.py")!;
        using var reader = new StreamReader(file, Encoding.UTF8);
        return reader.ReadToEnd();
    }
}
