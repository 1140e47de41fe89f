using System.Globalization;
using Hopx.Benchmarks.Machine;
using Hopx.Client;

namespace Hopx.Benchmarks.Reports;

/// <summary>What the agent of one sandbox holds in memory before, during and after a hundred thousand runs.</summary>
internal static class RequestReport
{
    private const int Requests = 100_000;
    private const int Looks = 10;
    private const int AtOnce = 8;

    public static async Task WriteAsync(TextWriter output)
    {
        await using var home = await BenchmarkHome.OpenAsync();
        var sandbox = await home.CreateAsync();
        var agent = home.Client.Agent(sandbox.Id);
        var process = int.Parse(await File.ReadAllTextAsync(Path.Combine(home.SandboxDirectory(sandbox.Id), "pid")), CultureInfo.InvariantCulture);
        await output.WriteLineAsync($"agent, new:                {ProcessMemory.Of(process)}");
        await RunAsync(agent, 0, Requests / Looks / 10);
        await output.WriteLineAsync($"agent, {Requests / Looks / 10,6} runs:        {ProcessMemory.Of(process)}");
        for (var look = 0; look < Looks; look++)
        {
            await RunAsync(agent, look, Requests / Looks);
            await output.WriteLineAsync($"agent, {(look + 1) * Requests / Looks,6} runs:        {ProcessMemory.Of(process)}");
        }

        await home.Client.Sandboxes.DeleteAsync(sandbox.Id);
    }

    private static Task RunAsync(AgentClient agent, int look, int count) => Parallel.ForEachAsync(
        Enumerable.Range(0, count),
        new ParallelOptions { MaxDegreeOfParallelism = AtOnce },
        async (i, token) =>
        {
            var result = await agent.Execution.RunAsync(new ExecuteRequest { Code = $"{look} + {i}" }, token);
            if (result.Result != (look + i).ToString(CultureInfo.InvariantCulture))
            {
                throw new InvalidOperationException($"Run {i} answered {result.Result}: {result.Explanation} {result.Stderr}");
            }
        });
}
