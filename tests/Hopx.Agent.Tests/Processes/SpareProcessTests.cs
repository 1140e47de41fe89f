using Hopx.Client;
using Microsoft.Extensions.DependencyInjection;

namespace Hopx.Agent.Tests;

public sealed class SpareProcessTests : IAsyncLifetime
{
    private readonly AgentFixture _agent = new();

    private SpareProcesses Spares => _agent.Services.GetRequiredService<SpareProcesses>();

    public async ValueTask InitializeAsync()
    {
        await _agent.InitializeAsync();
        Assert.SkipUnless((await _agent.RunAsync("node --version")).Success, "node is not installed.");
    }

    public ValueTask DisposeAsync() => _agent.DisposeAsync();

    [Fact]
    public async Task A_sandbox_that_never_ran_the_language_holds_no_spare()
    {
        await _agent.RunAsync("echo hello");
        Spares.Refill();
        Assert.Empty(Spares.ProcessIds);
    }

    [Fact]
    public async Task A_spare_is_used_once_and_is_like_a_fresh_process()
    {
        const string Code = """
            const fs = require('fs');
            globalThis.leaked = (globalThis.leaked ?? 0) + 1; process.env.LEAKED = 'yes';
            console.log(JSON.stringify({ pid: process.pid, argv: process.argv.slice(1), cwd: process.cwd(), leaked, env: process.env.LEAKED_BEFORE ?? null,
                input: fs.readFileSync(0, 'utf8'), fds: fs.readdirSync('/proc/self/fd').length, file: typeof __filename, main: typeof require, home: process.env.HOME }));
            process.env.LEAKED_BEFORE = 'yes'; process.chdir('/');
            """;
        var fresh = await _agent.ExecuteAsync(Code, "javascript");
        var spare = await MakeSpareAsync();
        var warm = await _agent.ExecuteAsync(Code, "javascript");

        Assert.True(warm.Success, warm.Stderr);
        Assert.Contains($"\"pid\":{spare},", warm.Stdout, StringComparison.Ordinal);
        Assert.Equal(WithoutPid(fresh.Stdout), WithoutPid(warm.Stdout));
        Assert.DoesNotContain(spare, Spares.ProcessIds);
        Assert.Null(ProcessTable.ReadEntry(spare) is { IsDead: false } ? "alive" : null);

        static string WithoutPid(string text) => System.Text.RegularExpressions.Regex.Replace(text, "\"pid\":[0-9]+", "");
    }

    [Fact]
    public async Task Another_environment_or_directory_gets_a_fresh_process()
    {
        await _agent.ExecuteAsync("1", "javascript");
        var spare = await MakeSpareAsync();
        var (_, body) = await _agent.SendAsync(HttpMethod.Post, "/execute", """{"language":"js","code":"console.log(process.pid, process.env.A, process.cwd())","env":{"A":"b"},"workdir":"/usr"}""");
        Assert.EndsWith(" b /usr\n", body.GetProperty("stdout").GetString(), StringComparison.Ordinal);
        Assert.DoesNotContain(spare.ToString(System.Globalization.CultureInfo.InvariantCulture), body.GetProperty("stdout").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Errors_exit_codes_modules_and_large_code_are_the_same_in_a_spare()
    {
        await _agent.ExecuteAsync("1", "javascript");
        await MakeSpareAsync();
        var failed = await _agent.ExecuteAsync("console.log('a');\nthrow new Error('no')", "javascript");
        Assert.Equal((1, "a\n"), (failed.ExitCode, failed.Stdout));
        Assert.Contains("[stdin]:2", failed.Stderr, StringComparison.Ordinal);
        await MakeSpareAsync();
        Assert.Equal(7, (await _agent.ExecuteAsync("process.exit(7)", "javascript")).ExitCode);
        await MakeSpareAsync();
        Assert.Equal("3000000\n", (await _agent.ExecuteAsync($"console.log('{new string('x', 3_000_000)}'.length)", "javascript")).Stdout);
        Assert.Equal("7\n", (await _agent.ExecuteAsync("import os from 'os';\nconsole.log(await Promise.resolve(7))", "javascript")).Stdout);
        await MakeSpareAsync();
        Assert.Equal("8\n", (await _agent.ExecuteAsync("import os from 'os';\nconsole.log(await Promise.resolve(8))", "javascript")).Stdout);
        await MakeSpareAsync();
        var killed = await _agent.ExecuteAsync("process.kill(process.pid, 'SIGKILL')", "javascript");
        Assert.Equal(("SIGKILL", 137), (killed.Signal, killed.ExitCode));
    }

    [Fact]
    public async Task A_spare_that_something_killed_is_not_used()
    {
        await _agent.ExecuteAsync("1", "javascript");
        var spare = await MakeSpareAsync();
        await _agent.RunAsync($"kill -9 {spare}; while [ -d /proc/{spare} ]; do :; done");
        Assert.Equal("ok\n", (await _agent.ExecuteAsync("console.log('ok')", "javascript")).Stdout);
    }

    [Fact]
    public async Task Giving_up_leaves_no_process()
    {
        await _agent.ExecuteAsync("1", "javascript");
        var spare = await MakeSpareAsync();
        Assert.True(Spares.GiveUp());
        Assert.False(Spares.GiveUp());
        while (ProcessTable.ReadEntry(spare) is { IsDead: false })
        {
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }
    }

    [Fact]
    public async Task Code_with_an_input_is_answered_in_javascript_too()
    {
        var follower = new Follower(takesInput: true);
        var run = _agent.Services.GetRequiredService<CodeExecution>().Start(
            new ExecuteRequest { Language = "javascript", Code = "process.stdin.once('data', data => { console.log(String(data).trim(), typeof require); process.stdin.pause(); })" }, follower);
        await follower.WaitForInputWaitAsync();
        Assert.True(await run.TypeAsync("hello\n"));
        Assert.Equal("hello function\n", (await run.Completion).Stdout);

        var large = $"const x = '{new string('y', 300_000)}'; console.log(x.length, require('fs').readFileSync(0, 'utf8').trim())";
        run = _agent.Services.GetRequiredService<CodeExecution>().Start(new ExecuteRequest { Language = "javascript", Code = large }, new Follower(takesInput: true));
        Assert.True(await run.TypeAsync("typed"));
        run.EndInput();
        Assert.Equal("300000 typed\n", (await run.Completion).Stdout);
    }

    [Fact]
    public async Task A_large_module_with_an_input_finds_what_it_imports()
    {
        await File.WriteAllTextAsync(Path.Combine(Directory.CreateDirectory(_agent.Workdir).FullName, "beside.mjs"), "export default 'beside';", TestContext.Current.CancellationToken);
        var code = $"""
            import os from 'os';
            import fs from 'node:fs';
            import beside from './beside.mjs';
            const x = '{new string('y', 300_000)}';
            console.log(x.length, typeof os.cpus, beside, typeof require, fs.readFileSync(0, 'utf8').trim());
            await Promise.resolve();
            throw new Error('at the end');
            """;
        var run = _agent.Services.GetRequiredService<CodeExecution>().Start(new ExecuteRequest { Language = "javascript", Code = code }, new Follower(takesInput: true));
        Assert.True(await run.TypeAsync("typed"));
        run.EndInput();
        var result = await run.Completion;
        Assert.Equal((1, "300000 function beside undefined typed\n"), (result.ExitCode, result.Stdout));
        Assert.Contains("Error: at the end\n    at", result.Stderr, StringComparison.Ordinal);
        Assert.Contains("[stdin]:7", result.Stderr, StringComparison.Ordinal);
    }

    private async Task<int> MakeSpareAsync()
    {
        while (Spares.ProcessIds.Count == 0)
        {
            Spares.Refill();
            await Task.Delay(5, TestContext.Current.CancellationToken);
        }

        return Spares.ProcessIds[0];
    }
}
