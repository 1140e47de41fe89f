using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Hopx.Client;
using Hopx.ControlPlane;
using Hopx.EndToEnd.Tests.Program;
using Hopx.Mcp.CommandLine.Local;
using Hopx.Testing;

namespace Hopx.EndToEnd.Tests.Crashes;

/// <summary>The server is killed at random moments under a mixed load, and started again, many times over.</summary>
public sealed class CrashDrillTests(PreparedMachine machine, ITestOutputHelper output)
{
    private const int Rounds = 20;

    // What stands ready comes and goes by itself, and would be counted as left over.
    private static readonly Dictionary<string, string> NothingReady = new() { ["HOPX_WARM_SANDBOXES"] = "0" };

    [Fact]
    public async Task After_every_kill_each_sandbox_is_whole_or_gone_and_nothing_is_left_over()
    {
        var rounds = int.Parse(Environment.GetEnvironmentVariable("HOPX_CRASH_ROUNDS") ?? Rounds.ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        var seed = int.Parse(Environment.GetEnvironmentVariable("HOPX_CRASH_SEED") ?? Random.Shared.Next().ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        output.WriteLine($"HOPX_CRASH_SEED={seed}");
        var random = new Random(seed);
        await using var program = await HopxProgram.CreateAsync(machine);
        using var local = new LocalMachine(new ControlPlaneOptions { Home = program.Home, TemplateDirectory = machine.TemplateDirectory, AgentPath = machine.AgentPath });
        var server = await program.ServeAsync(NothingReady);
        var key = await server.KeyAsync();
        var empty = MachineCounts.Take(local, server.ProcessId);
        var pool = new ConcurrentDictionary<string, bool>();
        var calls = 0;
        var took = Stopwatch.StartNew();
        for (var round = 0; round < rounds; round++)
        {
            using (var client = new HopxClient(new HopxClientOptions { BaseUrl = server.Url, ApiKey = key, MaxRetries = 0 }))
            using (var end = CancellationTokenSource.CreateLinkedTokenSource(Patience.Token))
            {
                using var load = new MixedLoad(client, pool, seed + (round * 100));
                var running = load.RunAsync(end.Token);
                await load.WaitForAnswersAsync(random.Next(1, 16), Patience.Token);
                // Not always just after an answer.
                await Task.Delay(random.Next(0, 200), Patience.Token);
                await server.KillAsync();
                await end.CancelAsync();
                await running;
                calls += load.Done;
            }

            server = await program.ServeAsync(NothingReady);
            await CheckAsync(server, key, local, empty, pool, round);
            // Whoever ends a long drill early still knows how far it came.
            output.WriteLine($"Round {round + 1} of {rounds}: {pool.Count} sandboxes, all of them whole, after {calls} calls.");
        }

        output.WriteLine($"{rounds} rounds in {took.Elapsed.TotalSeconds:0} s, {calls} calls, {pool.Count} sandboxes at the end.");
        using var last = await server.CreateClientAsync(key);
        await foreach (var sandbox in last.Sandboxes.ListAllAsync(cancellationToken: Patience.Token))
        {
            await last.Sandboxes.DeleteAsync(sandbox.Id, Patience.Token);
        }

        Assert.Equal(empty, MachineCounts.Take(local, server.ProcessId));
        Assert.True(calls >= rounds, $"Only {calls} calls in {rounds} rounds: nothing was tried.");
    }

    private static async Task CheckAsync(HttpServer server, string key, LocalMachine local, MachineCounts empty, ConcurrentDictionary<string, bool> pool, int round)
    {
        using var client = new HopxClient(new HopxClientOptions { BaseUrl = server.Url, ApiKey = key });
        var sandboxes = new List<Sandbox>();
        await foreach (var sandbox in client.Sandboxes.ListAllAsync(cancellationToken: Patience.Token))
        {
            sandboxes.Add(sandbox);
        }

        // One whose answer was lost with the server is somebody's all the same.
        pool.Clear();
        foreach (var sandbox in sandboxes)
        {
            pool[sandbox.Id] = true;
        }

        Assert.All(sandboxes, sandbox => Assert.Contains(sandbox.Status, new[] { SandboxStatus.Running, SandboxStatus.Paused, SandboxStatus.Stopped }));
        var alive = sandboxes.Count(sandbox => sandbox.Status is SandboxStatus.Running or SandboxStatus.Paused);
        var expected = empty with
        {
            NetworkNamespaces = alive,
            LoopDevices = local.Runtime.Machine.UsesDiskImage ? alive : 0,
            Processes = alive,
            ControlGroups = local.Runtime.Machine.ControlGroups.IsUsable ? alive : 0,
            RuntimeStates = alive,
            Directories = sandboxes.Count,
            Ports = empty.Ports + sandboxes.Count,
        };
        var found = MachineCounts.Take(local, server.ProcessId);
        Assert.True(expected == found, $"Round {round}: expected {expected}, found {found}; {string.Join(", ", sandboxes.Select(sandbox => $"{sandbox.Id} {sandbox.Status}"))}");

        // Whole is what does what it says: a running one runs, with what it wrote.
        foreach (var sandbox in sandboxes.Where(sandbox => sandbox.Status is SandboxStatus.Running))
        {
            Assert.Equal("whole\n", (await client.Agent(sandbox.Id).Commands.RunAsync("echo whole", Patience.Token)).Stdout);
        }

        if (sandboxes.Find(sandbox => sandbox.Status is SandboxStatus.Paused) is { } paused)
        {
            await client.Sandboxes.ResumeAsync(paused.Id, Patience.Token);
            Assert.Equal("whole\n", (await client.Agent(paused.Id).Commands.RunAsync("echo whole", Patience.Token)).Stdout);
        }

        if (sandboxes.Find(sandbox => sandbox.Status is SandboxStatus.Stopped) is { } stopped)
        {
            await client.Sandboxes.StartAsync(stopped.Id, Patience.Token);
            Assert.Equal("whole\n", (await client.Agent(stopped.Id).Commands.RunAsync("echo whole", Patience.Token)).Stdout);
        }
    }
}
