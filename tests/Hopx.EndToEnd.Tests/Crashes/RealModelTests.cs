using System.Globalization;
using Hopx.Client;
using Hopx.ControlPlane;
using Hopx.EndToEnd.Tests.Program;
using Hopx.Mcp.CommandLine.Local;
using Hopx.Testing;

namespace Hopx.EndToEnd.Tests.Crashes;

/// <summary>Random operations of several callers on real sandboxes of a real server, against a model of what must come of them. The fake machine of the control plane's own tests bears many more.</summary>
public sealed class RealModelTests(PreparedMachine machine, ITestOutputHelper output)
{
    private const int Steps = 40;
    private const int Slots = 3;

    private static readonly string[] Changes = ["pause", "resume", "stop", "start", "extend"];
    private static readonly string[] Operations = [.. Changes, "write", "write", "delete"];

    // What stands ready comes and goes by itself, and would be counted as left over.
    private static readonly Dictionary<string, string> NothingReady = new() { ["HOPX_WARM_SANDBOXES"] = "0" };

    [Fact]
    public async Task Real_sandboxes_do_what_the_model_says_and_keep_what_was_written()
    {
        var random = NewRandom();
        await using var program = await HopxProgram.CreateAsync(machine);
        var server = await program.ServeAsync(NothingReady);
        using var owner = await server.CreateClientAsync();
        using var colleague = await server.CreateClientAsync(await server.CreateKeyAsync(organization: 1));
        using var stranger = await server.CreateClientAsync(await server.CreateKeyAsync(organization: 2));
        var model = new Dictionary<int, Modelled>();
        for (var step = 0; step < Steps; step++)
        {
            var slot = random.Next(Slots);
            if (!model.TryGetValue(slot, out var sandbox))
            {
                model[slot] = new Modelled((await owner.Sandboxes.CreateAsync(new CreateSandboxRequest { TemplateName = "base", TimeoutSeconds = 3_600 }, Patience.Token)).Id);
                continue;
            }

            var operation = Operations[random.Next(Operations.Length)];
            if (random.Next(4) is 0)
            {
                var foreign = await Assert.ThrowsAsync<HopxException>(() => DoAsync(stranger, operation, sandbox));
                Assert.Equal(404, foreign.StatusCode);
                continue;
            }

            var expected = sandbox.After(operation);
            try
            {
                await DoAsync(random.Next(2) is 0 ? owner : colleague, operation, sandbox);
                Assert.True(expected is not null, $"Step {step}: {operation} of a sandbox that is {sandbox.Status} should have been refused.");
            }
            catch (HopxException refused)
            {
                Assert.True(expected is null && refused.StatusCode is 409, $"Step {step}: {operation} of a sandbox that is {sandbox.Status}: {refused.StatusCode} {refused.Message}");
                continue;
            }

            if (expected is SandboxStatus.Deleted)
            {
                model.Remove(slot);
                Assert.True((await Assert.ThrowsAsync<HopxException>(() => owner.Sandboxes.GetAsync(sandbox.Id, Patience.Token))).MeansSandboxGone);
            }
            else
            {
                model[slot] = sandbox with { Status = expected!.Value, Written = sandbox.Written + (operation is "write" ? 1 : 0) };
                Assert.Equal(expected, (await owner.Sandboxes.GetAsync(sandbox.Id, Patience.Token)).Status);
            }
        }

        await AgreesAsync(owner, model.Values.ToDictionary(sandbox => sandbox.Id, sandbox => sandbox.Status));
        foreach (var sandbox in model.Values)
        {
            await RunAsync(owner, sandbox);
            var log = (await owner.Agent(sandbox.Id).Commands.RunAsync("cat /workspace/log 2>/dev/null | wc -l", Patience.Token)).Stdout.Trim();
            Assert.Equal(sandbox.Written, int.Parse(log, CultureInfo.InvariantCulture));
        }
    }

    [Fact]
    public async Task Callers_side_by_side_get_answers_that_one_after_the_other_could_have_given_too()
    {
        var random = NewRandom();
        await using var program = await HopxProgram.CreateAsync(machine);
        using var local = new LocalMachine(new ControlPlaneOptions { Home = program.Home, TemplateDirectory = machine.TemplateDirectory, AgentPath = machine.AgentPath });
        var server = await program.ServeAsync(NothingReady);
        using var owner = await server.CreateClientAsync();
        var empty = MachineCounts.Take(local, server.ProcessId);
        var shared = (await owner.Sandboxes.CreateAsync(new CreateSandboxRequest { TemplateName = "base", TimeoutSeconds = 3_600 }, Patience.Token)).Id;
        var callers = Enumerable.Range(0, 4).Select(_ => Enumerable.Range(0, 6).Select(_ => Changes[random.Next(Changes.Length)]).ToList()).ToList();

        await Task.WhenAll(callers.Select(operations => Task.Run(async () =>
        {
            foreach (var operation in operations)
            {
                try
                {
                    await DoAsync(owner, operation, new Modelled(shared));
                }
                catch (HopxException refused)
                {
                    // Whoever comes second finds it otherwise, and is told so, and nothing worse.
                    Assert.True(refused.StatusCode is 409, $"{operation}: {refused.StatusCode} {refused.Code} {refused.Message}");
                }
            }
        })));

        var status = (await owner.Sandboxes.GetAsync(shared, Patience.Token)).Status;
        Assert.Contains(status, new[] { SandboxStatus.Running, SandboxStatus.Paused, SandboxStatus.Stopped });
        await RunAsync(owner, new Modelled(shared) { Status = status });
        Assert.Equal("whole\n", (await owner.Agent(shared).Commands.RunAsync("echo whole", Patience.Token)).Stdout);

        // Of two deletes at once one finds it, and the other may find it gone.
        var deletes = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => Task.Run(async () =>
        {
            try
            {
                await owner.Sandboxes.DeleteAsync(shared, Patience.Token);
                return true;
            }
            catch (HopxException gone) when (gone.MeansSandboxGone)
            {
                return false;
            }
        })));
        Assert.Contains(true, deletes);
        Assert.Equal(empty, MachineCounts.Take(local, server.ProcessId));
    }

    private static Task DoAsync(HopxClient client, string operation, Modelled sandbox) => operation switch
    {
        "pause" => client.Sandboxes.PauseAsync(sandbox.Id, Patience.Token),
        "resume" => client.Sandboxes.ResumeAsync(sandbox.Id, Patience.Token),
        "stop" => client.Sandboxes.StopAsync(sandbox.Id, Patience.Token),
        "start" => client.Sandboxes.StartAsync(sandbox.Id, Patience.Token),
        "extend" => client.Sandboxes.SetTimeoutAsync(sandbox.Id, TimeSpan.FromHours(2), Patience.Token),
        "delete" => client.Sandboxes.DeleteAsync(sandbox.Id, Patience.Token),
        _ => client.Agent(sandbox.Id).Commands.RunAsync("echo written >>/workspace/log", Patience.Token),
    };

    private static async Task RunAsync(HopxClient client, Modelled sandbox)
    {
        if (sandbox.Status is SandboxStatus.Paused)
        {
            await client.Sandboxes.ResumeAsync(sandbox.Id, Patience.Token);
        }
        else if (sandbox.Status is SandboxStatus.Stopped)
        {
            await client.Sandboxes.StartAsync(sandbox.Id, Patience.Token);
        }
    }

    private static async Task AgreesAsync(HopxClient client, Dictionary<string, SandboxStatus> expected)
    {
        var found = new Dictionary<string, SandboxStatus>();
        await foreach (var sandbox in client.Sandboxes.ListAllAsync(cancellationToken: Patience.Token))
        {
            found[sandbox.Id] = sandbox.Status;
        }

        Assert.Equal(expected.OrderBy(pair => pair.Key), found.OrderBy(pair => pair.Key));
    }

    private Random NewRandom()
    {
        var seed = int.Parse(Environment.GetEnvironmentVariable("HOPX_MODEL_SEED") ?? Random.Shared.Next().ToString(CultureInfo.InvariantCulture), CultureInfo.InvariantCulture);
        output.WriteLine($"HOPX_MODEL_SEED={seed}");
        return new Random(seed);
    }

    /// <summary>A sandbox as it should be.</summary>
    private sealed record Modelled(string Id)
    {
        public SandboxStatus Status { get; init; } = SandboxStatus.Running;

        public int Written { get; init; }

        /// <summary>Written out here and not asked of the server's own table, so that a mistake in that one is found. Null: refused.</summary>
        public SandboxStatus? After(string operation) => (operation, Status) switch
        {
            ("delete", _) => SandboxStatus.Deleted,
            ("extend", _) => Status,
            ("pause", SandboxStatus.Running or SandboxStatus.Paused) => SandboxStatus.Paused,
            ("resume", SandboxStatus.Running or SandboxStatus.Paused) => SandboxStatus.Running,
            ("stop", _) => SandboxStatus.Stopped,
            ("start", SandboxStatus.Running or SandboxStatus.Stopped) => SandboxStatus.Running,
            ("write", SandboxStatus.Running) => SandboxStatus.Running,
            _ => null,
        };
    }
}
