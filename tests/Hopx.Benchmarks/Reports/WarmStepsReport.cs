using System.Diagnostics;
using System.Globalization;
using Hopx.Benchmarks.Machine;
using Hopx.Client;

namespace Hopx.Benchmarks.Reports;

/// <summary>
/// Where the time goes between the wish for a sandbox that stands ready and the result of its first code: each step by itself, beside the same step done once more.
/// The processor's time is told too, since that of the clock says little on a machine that others use.
/// </summary>
internal static class WarmStepsReport
{
    private const int Rounds = 15;

    private static readonly string[] Steps = ["create", "first request", "second request", "first code", "second code", "another kernel"];

    public static async Task WriteAsync(TextWriter output)
    {
        await using var home = await BenchmarkHome.OpenAsync(warm: 1);
        await home.Client.GetHealthAsync();
        var took = Steps.ToDictionary(step => step, _ => new List<Cost>());
        for (var round = 0; round < Rounds; round++)
        {
            var id = await home.RefillAsync();
            await MeasureAsync("create", id, () => home.CreateAsync());
            var agent = home.Client.Agent(id);
            // Opens the way: the client's connection to the sandbox's port, and the server's to the agent.
            await MeasureAsync("first request", id, () => agent.Environment.GetAllAsync());
            await MeasureAsync("second request", id, () => agent.Environment.GetAllAsync());
            await MeasureAsync("first code", id, () => agent.Execution.RunAsync(new ExecuteRequest { Code = "print(6 * 7)" }));
            await MeasureAsync("second code", id, () => agent.Execution.RunAsync(new ExecuteRequest { Code = "print(6 * 7)" }));
            await MeasureAsync("another kernel", id, () => agent.Execution.RunAsync(new ExecuteRequest { Code = "print(6 * 7)", Kernel = "other" }));
            await home.Client.Sandboxes.DeleteAsync(id);
        }

        await output.WriteLineAsync("                     median       min   processor: here  in the sandbox");
        foreach (var step in Steps)
        {
            await output.WriteLineAsync(string.Create(
                CultureInfo.InvariantCulture,
                $"{step,-15} {Median(took[step], cost => cost.Clock),8:0.0} ms {took[step].Min(cost => cost.Clock),6:0.0} ms {Median(took[step], cost => cost.Here),12:0.0} ms {Median(took[step], cost => cost.Inside),12:0.0} ms"));
        }

        async Task MeasureAsync(string step, string id, Func<Task> act)
        {
            var (inside, here, started) = (home.CpuTimeOf(id), Environment.CpuUsage.TotalTime, Stopwatch.GetTimestamp());
            await act();
            var clock = Stopwatch.GetElapsedTime(started);
            took[step].Add(new Cost(clock.TotalMilliseconds, (Environment.CpuUsage.TotalTime - here).TotalMilliseconds, (home.CpuTimeOf(id) - inside).TotalMilliseconds));
        }
    }

    private static double Median(List<Cost> costs, Func<Cost, double> value) => costs.Select(value).Order().ElementAt(costs.Count / 2);

    /// <param name="Clock">Milliseconds from the call to its answer.</param>
    /// <param name="Here">Milliseconds of the processor in the client and the control plane, which are one process here.</param>
    /// <param name="Inside">Milliseconds of the processor in the sandbox.</param>
    private sealed record Cost(double Clock, double Here, double Inside);
}
