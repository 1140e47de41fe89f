using System.Diagnostics;
using System.Net;
using Hopx.Client;

namespace Hopx.Agent.Tests;

public sealed class CommandTests(AgentFixture agent) : IClassFixture<AgentFixture>
{
    [Fact]
    public async Task A_command_that_is_missing_is_refused()
    {
        await agent.AssertRefusedAsync(HttpStatusCode.BadRequest, "MISSING_PARAMETER", HttpMethod.Post, "/commands/run", """{"args":["a"]}""");
        await agent.AssertRefusedAsync(HttpStatusCode.BadRequest, "INVALID_REQUEST", HttpMethod.Post, "/commands/run", """{"command":"a\u0000b"}""");
        await agent.AssertRefusedAsync(HttpStatusCode.BadRequest, "INVALID_REQUEST", HttpMethod.Post, "/commands/run", """{"command":"a","env":{"A=B":"c"}}""");
    }

    [Fact]
    public async Task A_line_runs_in_the_shell_and_arguments_run_as_they_are()
    {
        Assert.Equal("3\n", (await agent.RunAsync("echo $((1 + 2)) | cat")).Stdout);
        var (_, body) = await agent.SendAsync(HttpMethod.Post, "/commands/run", """{"command":"echo","args":["$HOME","a b"],"timeout":null}""");
        Assert.Equal("$HOME a b\n", body.GetProperty("stdout").GetString());
    }

    [Fact]
    public async Task A_command_is_short_of_processes_before_the_agent_is_and_from_its_first_moment_on()
    {
        await using var limited = new AgentFixture(new() { ["PROCESS_LIMIT"] = "200" });
        await limited.InitializeAsync();
        for (var run = 0; run < 20; run++)
        {
            // Read by the shell itself at once: whatever is set after the start comes too late.
            Assert.Equal("176\n", (await limited.RunAsync("ulimit -Su")).Stdout);
        }
    }

    [Fact]
    public async Task A_missing_program_is_an_answer_with_127()
    {
        var (status, body) = await agent.SendAsync(HttpMethod.Post, "/commands/run", """{"command":"nosuchprogram","args":["a"]}""");
        Assert.Equal((HttpStatusCode.OK, 127), (status, body.GetProperty("exit_code").GetInt32()));
        Assert.Contains("not found", body.GetProperty("stderr").GetString(), StringComparison.Ordinal);
        Assert.Equal(127, (await agent.RunAsync("nosuchprogram")).ExitCode);
    }

    [Fact]
    public async Task A_command_answers_although_a_grandchild_holds_its_pipes()
    {
        var watch = Stopwatch.StartNew();
        var result = await agent.RunAsync("sleep 30 & echo $!", timeout: 20);
        Assert.True(result.Success);
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(10), $"The answer took {watch.Elapsed}.");
        var server = int.Parse(result.Stdout, System.Globalization.CultureInfo.InvariantCulture);
        Assert.True(ProcessTable.ReadEntry(server) is { IsDead: false }, "What runs in the background must live on.");
        Assert.True((await agent.RunAsync($"kill {server}")).Success);
    }

    [Fact]
    public async Task A_signal_shows_in_the_exit_code()
    {
        var result = await agent.RunAsync("kill -TERM $$");
        Assert.Equal((false, 143, RunOutcome.Killed), (result.Success, result.ExitCode, result.Outcome));
    }

    [Fact]
    public async Task Signals_are_as_a_shell_expects_them()
    {
        var result = await agent.RunAsync("grep -E 'SigBlk' /proc/self/status; kill -PIPE $$");
        Assert.Contains("SigBlk:\t0000000000000000", result.Stdout, StringComparison.Ordinal);
        Assert.Equal(128 + 13, result.ExitCode);
    }

    [Fact]
    public async Task Children_inherit_nothing_but_their_three_streams()
    {
        // What this test was started with is not the agent's.
        Hardening.KeepDescriptors();
        var result = await agent.RunAsync("ls /proc/self/fd | tr '\\n' ' '");
        Assert.Equal("0 1 2 3 ", result.Stdout);
    }

    [Fact]
    public async Task A_command_finds_the_environment_of_a_login()
    {
        var result = await agent.RunAsync("for name in HOME USER LOGNAME SHELL PATH LANG TERM; do [ -n \"${!name}\" ] || echo $name; done; umask");
        Assert.Equal("0022\n", result.Stdout);
        var (_, body) = await agent.SendAsync(HttpMethod.Post, "/commands/run", """{"command":"echo $TERM $USER","env":{"TERM":"vt100","USER":"ada"}}""");
        Assert.Equal("vt100 ada\n", body.GetProperty("stdout").GetString());
    }

    [Fact]
    public async Task A_script_without_an_interpreter_line_is_run_by_the_shell()
    {
        var script = Path.Combine(Directory.CreateDirectory(agent.Workdir).FullName, "plain");
        await File.WriteAllTextAsync(script, "echo plain $1\n", TestContext.Current.CancellationToken);
        File.SetUnixFileMode(script, UnixFileMode.UserRead | UnixFileMode.UserExecute);
        var (_, body) = await agent.SendAsync(HttpMethod.Post, "/commands/run", """{"command":"./plain","args":["x"]}""");
        Assert.Equal("plain x\n", body.GetProperty("stdout").GetString());
    }

    [Fact]
    public async Task Arguments_that_are_too_long_are_refused()
    {
        await agent.AssertRefusedAsync(
            HttpStatusCode.BadRequest, "INVALID_REQUEST", HttpMethod.Post, "/commands/run", $$"""{"command":"echo","args":["{{new string('a', 200_000)}}"]}""");
    }

    [Fact]
    public async Task The_working_directory_is_made_or_chosen()
    {
        Assert.Equal(agent.Workdir + "\n", (await agent.RunAsync("pwd")).Stdout);
        var (_, body) = await agent.SendAsync(HttpMethod.Post, "/commands/run", """{"command":"pwd","workdir":"/workspace"}""");
        Assert.Equal(agent.Workdir + "\n", body.GetProperty("stdout").GetString());
        (_, body) = await agent.SendAsync(HttpMethod.Post, "/commands/run", """{"command":"pwd","working_dir":"/usr"}""");
        Assert.Equal("/usr\n", body.GetProperty("stdout").GetString());
    }

    [Fact]
    public async Task More_runs_than_allowed_are_refused_for_now()
    {
        await using var small = new AgentFixture(new() { ["Processes:MaxConcurrentRuns"] = "1", ["Processes:MaxQueuedRuns"] = "0" });
        await small.InitializeAsync();
        var pipe = Path.Combine(small.Home, "pipe");
        await small.RunAsync($"mkfifo {pipe}");
        var first = small.RunAsync($"echo started > {small.Home}/started; cat {pipe}");
        while (!File.Exists(Path.Combine(small.Home, "started")))
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        await small.AssertRefusedAsync(HttpStatusCode.TooManyRequests, "RESOURCE_LIMIT_ERROR", HttpMethod.Post, "/commands/run", """{"command":"true"}""");
        await File.WriteAllTextAsync(pipe, "go", TestContext.Current.CancellationToken);
        Assert.Equal("go", (await first).Stdout);
    }

    [Fact]
    public async Task A_run_ends_when_its_caller_hangs_up()
    {
        using var hangUp = new CancellationTokenSource();
        var mark = Path.Combine(agent.Home, "pid");
        using var content = new StringContent($$"""{"command":"echo $$ > {{mark}}.tmp; mv {{mark}}.tmp {{mark}}; exec sleep 765432","timeout":600}""");
        var call = agent.Http.PostAsync("/commands/run", content, hangUp.Token);
        while (!File.Exists(mark))
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        await hangUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        var process = int.Parse(await File.ReadAllTextAsync(mark, TestContext.Current.CancellationToken), System.Globalization.CultureInfo.InvariantCulture);
        while (ProcessTable.ReadEntry(process) is { IsDead: false })
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task The_watchdog_kills_the_process_that_fills_memory_and_the_answer_says_so()
    {
        await using var small = new AgentFixture(new() { ["MEMORY_WATCHDOG"] = "1", ["MEMORY_LIMIT_BYTES"] = (200L * 1024 * 1024).ToString(System.Globalization.CultureInfo.InvariantCulture) });
        await small.InitializeAsync();
        var result = await small.ExecuteAsync("import time\nx = b'y' * (400 * 1024 * 1024)\ntime.sleep(30)", timeout: 60);
        Assert.Equal((false, 137, RunOutcome.OutOfMemory), (result.Success, result.ExitCode, result.Outcome));
        Assert.Contains("memory limit of 200 MiB", result.Stderr, StringComparison.Ordinal);
    }
}
