using Hopx.Mcp.CommandLine.Output;

namespace Hopx.Mcp.CommandLine.Doctor;

/// <summary>All checks, and what they mean together.</summary>
internal sealed record DoctorReport(IReadOnlyList<DoctorCheck> Checks)
{
    public bool IsReady => Checks.All(check => check.Result is not CheckResult.Fail);

    public int ExitCode => IsReady ? ExitCodes.Success : ExitCodes.Failure;

    public string Summary
    {
        get
        {
            var failed = Checks.Where(check => check.Result is CheckResult.Fail).Select(check => check.Name).ToArray();
            var weak = Checks.Count(check => check.Result is CheckResult.Warn);
            return failed is not [] ? $"Sandboxes cannot run yet: {string.Join(", ", failed)}."
                : weak is 0 ? "Everything works."
                : $"Sandboxes work, with {weak} {(weak is 1 ? "thing" : "things")} to know about.";
        }
    }

    public DoctorFacts ToFacts() => new(
        IsReady, Summary, [.. Checks.Select(check => new DoctorCheckFacts(check.Name, NameOf(check.Result), check.Detail, check.Remedy))]);

    public async Task WriteAsync(TextWriter output)
    {
        var width = Checks.Max(check => check.Name.Length);
        foreach (var check in Checks)
        {
            await output.WriteLineAsync($"{NameOf(check.Result),-4}  {check.Name.PadRight(width)}  {OneLine(check.Detail)}");
            if (check.Remedy is not null)
            {
                await output.WriteLineAsync($"      {new string(' ', width)}  → {OneLine(check.Remedy)}");
            }
        }

        await output.WriteLineAsync();
        await output.WriteLineAsync(Summary);
    }

    private static string NameOf(CheckResult result) => result.ToString().ToLowerInvariant();

    private static string OneLine(string text) => string.Join(" ", text.Split('\n', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries));
}
