using System.Diagnostics;
using System.Globalization;
using Hopx.Benchmarks.Machine;

namespace Hopx.Benchmarks.Reports;

/// <summary>Many idle sandboxes: what each holds in memory, running and paused, and how long a create takes with all of them there.</summary>
internal static class IdleSandboxesReport
{
    private const int Many = 200;
    private const int Creates = 10;
    private const string Template = "base";

    public static async Task WriteAsync(TextWriter output)
    {
        await using var home = await BenchmarkHome.OpenAsync();
        var ids = new List<string>();
        try
        {
            await output.WriteLineAsync($"create, alone:                     {await CreateAndDeleteAsync(home)}");
            for (var count = 0; count < Many; count++)
            {
                ids.Add((await home.CreateAsync(Template)).Id);
            }

            await output.WriteLineAsync($"idle sandbox of {Many}, average:     {Average(home, ids)}");
            await output.WriteLineAsync($"create, {Many} running:             {await CreateAndDeleteAsync(home)}");
            foreach (var id in ids)
            {
                await home.FallAsleepAsync(id);
            }

            await output.WriteLineAsync($"create, {Many} asleep:              {await CreateAndDeleteAsync(home)}");
        }
        finally
        {
            foreach (var id in ids)
            {
                await home.Client.Sandboxes.DeleteAsync(id);
            }
        }
    }

    private static ProcessMemory Average(BenchmarkHome home, List<string> ids) => ProcessMemory.Average(
        ids.ConvertAll(id => ProcessMemory.OfNamespaceOf(int.Parse(File.ReadAllText(Path.Combine(home.SandboxDirectory(id), "pid")), CultureInfo.InvariantCulture))));

    private static async Task<string> CreateAndDeleteAsync(BenchmarkHome home)
    {
        var took = new List<double>();
        for (var count = 0; count < Creates; count++)
        {
            var started = Stopwatch.GetTimestamp();
            var sandbox = await home.CreateAsync(Template);
            took.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            await home.Client.Sandboxes.DeleteAsync(sandbox.Id);
        }

        took.Sort();
        return string.Create(CultureInfo.InvariantCulture, $"{took[Creates / 2]:0} ms (median of {Creates})");
    }
}
