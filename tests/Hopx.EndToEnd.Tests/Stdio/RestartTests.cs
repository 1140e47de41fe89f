using Hopx.EndToEnd.Tests.Program;
using Hopx.Testing;

namespace Hopx.EndToEnd.Tests.Stdio;

/// <summary>Servers come and go; sandboxes and conversations stay.</summary>
public sealed class RestartTests(PreparedMachine machine)
{
    [Fact]
    public async Task A_conversation_keeps_its_sandbox_when_the_server_is_killed_and_started_again()
    {
        await using var program = await HopxProgram.CreateAsync(machine);
        var first = await program.StartStdioAsync();
        var before = await first.Client.DoAsync("run_command", new { command = "echo kept > note; nohup sleep 1000 > /dev/null 2>&1 & echo $! > pid", conversation = "plan" });
        var other = await first.Client.DoAsync("run_command", new { command = "ls -A", conversation = "other plan" });

        await first.KillAsync();
        var second = await program.StartStdioAsync();
        var after = await second.Client.DoAsync("run_command", new { command = "cat note; cat /proc/$(cat pid)/comm", conversation = "plan" });

        Assert.Equal(before.SandboxId(), after.SandboxId());
        Assert.Equal("kept\nsleep", after.Fact("stdout").Trim());
        Assert.NotEqual(before.SandboxId(), other.SandboxId());
        Assert.Equal("", other.Fact("stdout").Trim());
    }

    [Fact]
    public async Task Two_servers_of_one_home_share_its_sandboxes_and_the_second_takes_over_from_the_first()
    {
        await using var program = await HopxProgram.CreateAsync(machine);
        var first = await program.StartStdioAsync();
        var made = await first.Client.DoAsync("run_command", new { command = "echo by the first > note", conversation = "shared" });
        var second = await program.StartStdioAsync();

        var shared = await second.Client.DoAsync("read_file", new { path = "note", conversation = "shared" });
        await second.Client.DoAsync("write_file", new { path = "answer", content = "by the second", conversation = "shared" });
        var answer = await first.Client.DoAsync("read_file", new { path = "answer", conversation = "shared" });
        await first.KillAsync();
        var after = await second.Client.DoAsync("run_command", new { command = "cat note answer", conversation = "shared" });
        var another = await second.Client.DoAsync("run_command", new { command = "echo alone", conversation = "another" });

        Assert.Equal(made.SandboxId(), shared.SandboxId());
        Assert.Equal("by the first", shared.Fact("content").Trim());
        Assert.Equal("by the second", answer.Fact("content").Trim());
        Assert.Equal((made.SandboxId(), "by the first\nby the second"), (after.SandboxId(), after.Fact("stdout").Trim()));
        Assert.NotEqual(made.SandboxId(), another.SandboxId());
    }

    [Fact]
    public async Task Servers_that_start_at_the_same_moment_agree_on_one_host_of_the_sandboxes()
    {
        await using var program = await HopxProgram.CreateAsync(machine);
        var servers = await Task.WhenAll(Enumerable.Range(0, 3).Select(_ => program.StartStdioAsync()));

        var runs = await Task.WhenAll(servers.Select(server => server.Client.DoAsync("run_command", new { command = "echo one >> note", conversation = "race" })));
        var count = await servers[0].Client.DoAsync("run_command", new { command = "wc -l < note", conversation = "race" });
        var listed = await servers[^1].Client.DoAsync("sandbox_list");

        Assert.Single(runs.Select(run => run.SandboxId()).Distinct());
        Assert.Single(listed.Facts().GetProperty("sandboxes").EnumerateArray());
        Assert.Equal("3", count.Fact("stdout").Trim());
    }

    [Fact]
    public async Task What_a_killed_server_had_half_made_is_taken_back_by_the_next()
    {
        await using var program = await HopxProgram.CreateAsync(machine);
        var first = await program.StartStdioAsync();
        // So that only the making of the second is cut short, not the start of the control plane.
        var kept = (await first.Client.DoAsync("run_command", new { command = "true", conversation = "kept" })).SandboxId();

        var cut = first.Client.CallAsync("sandbox_create", new { conversation = "cut" });
        var sandboxes = Path.Combine(program.Home, "sandboxes");
        var patience = Patience.Token;
        while (Directory.GetDirectories(sandboxes).Length < 2)
        {
            await Task.Delay(1, patience);
        }

        await first.KillAsync();
        await Assert.ThrowsAnyAsync<Exception>(() => cut);
        var second = await program.StartStdioAsync();
        var listed = await second.Client.DoAsync("sandbox_list");

        Assert.Equal([kept], listed.Facts().GetProperty("sandboxes").EnumerateArray().Select(sandbox => sandbox.GetProperty("sandbox_id").GetString()));
        Assert.All(program.FindRemains(), remains => Assert.Contains(kept, remains, StringComparison.Ordinal));
        Assert.Equal("whole", (await second.Client.DoAsync("run_command", new { command = "echo whole", conversation = "cut" })).Fact("stdout").Trim());
    }

    [Fact]
    public async Task The_end_of_stdin_ends_the_server_and_its_sandboxes_go_on()
    {
        await using var program = await HopxProgram.CreateAsync(machine);
        var first = await program.StartStdioAsync();
        var before = await first.Client.DoAsync("run_command", new { command = "true", conversation = "plan" });

        Assert.Equal("", await first.CloseAsync());

        Assert.Contains($"directory of {before.SandboxId()}", program.FindRemains());
        Assert.Contains(before.SandboxId(), (await program.RunAsync(["sandbox", "list"])).Succeeded().Output, StringComparison.Ordinal);
    }
}
