using System.Globalization;
using System.Text.Json.Nodes;
using Hopx.Benchmarks.Machine;

namespace Hopx.Benchmarks.Reports;

/// <summary>What idle sandboxes and the MCP server hold in memory. No time is measured, so this is a plain report.</summary>
internal static class MemoryReport
{
    private const int Sandboxes = 10;

    // The server looks every five seconds whether there is still something to do.
    private static readonly TimeSpan UntilIdle = TimeSpan.FromSeconds(12);

    public static async Task WriteAsync(TextWriter output)
    {
        await using var home = await BenchmarkHome.OpenAsync();
        await using var server = new StdioServer(Places.Server, home.ServerEnvironment);
        await server.DiscoverAndListAsync();
        await output.WriteLineAsync($"program: {Places.Server[0]}");
        await output.WriteLineAsync($"server, tools listed:              {ProcessMemory.Of(server.ProcessId)}");

        var ids = new List<string>();
        for (var count = 0; count < Sandboxes; count++)
        {
            ids.Add((await server.CallAsync("sandbox_create", []))["structuredContent"]!["sandbox_id"]!.GetValue<string>());
        }

        await output.WriteLineAsync($"server, {Sandboxes} sandboxes made:          {ProcessMemory.Of(server.ProcessId)}");
        var agents = ids.ConvertAll(id => ProcessMemory.Of(int.Parse(File.ReadAllText(Path.Combine(home.ServerSandboxDirectory(id), "pid")), CultureInfo.InvariantCulture)));
        await output.WriteLineAsync($"agent of a new sandbox, average:   {ProcessMemory.Average(agents)}");

        foreach (var id in ids)
        {
            await server.CallAsync("run_code", new JsonObject { ["code"] = "print(6 * 7)", ["sandbox_id"] = id });
        }

        await output.WriteLineAsync($"server, code run in each:          {ProcessMemory.Of(server.ProcessId)}");
        var used = ids.ConvertAll(id => ProcessMemory.OfNamespaceOf(int.Parse(File.ReadAllText(Path.Combine(home.ServerSandboxDirectory(id), "pid")), CultureInfo.InvariantCulture)));
        await output.WriteLineAsync($"all of a used, idle sandbox, avg.: {ProcessMemory.Average(used)}");
        await Task.Delay(UntilIdle);
        await output.WriteLineAsync($"server, idle again:                {ProcessMemory.Of(server.ProcessId)}");
        foreach (var id in ids)
        {
            await server.CallAsync("sandbox_delete", new JsonObject { ["sandbox_id"] = id });
        }

        await output.WriteLineAsync($"server, sandboxes deleted:         {ProcessMemory.Of(server.ProcessId)}");
    }
}
