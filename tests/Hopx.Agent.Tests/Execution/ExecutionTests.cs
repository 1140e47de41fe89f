using System.Net;
using Hopx.Client;

namespace Hopx.Agent.Tests;

public sealed class ExecutionTests(AgentFixture agent) : IClassFixture<AgentFixture>
{
    [Fact]
    public async Task Code_that_is_missing_or_null_is_refused()
    {
        await agent.AssertRefusedAsync(HttpStatusCode.BadRequest, "MISSING_PARAMETER", HttpMethod.Post, "/execute");
        await agent.AssertRefusedAsync(HttpStatusCode.BadRequest, "MISSING_PARAMETER", HttpMethod.Post, "/execute", "");
        await agent.AssertRefusedAsync(HttpStatusCode.BadRequest, "MISSING_PARAMETER", HttpMethod.Post, "/execute", "{}");
        await agent.AssertRefusedAsync(HttpStatusCode.BadRequest, "MISSING_PARAMETER", HttpMethod.Post, "/execute", """{"code":null}""");
    }

    [Fact]
    public async Task Bodies_that_are_no_json_or_ill_typed_are_refused()
    {
        await agent.AssertRefusedAsync(HttpStatusCode.BadRequest, "INVALID_JSON", HttpMethod.Post, "/execute", "{\"code\":");
        await agent.AssertRefusedAsync(HttpStatusCode.BadRequest, "INVALID_JSON", HttpMethod.Post, "/execute", """{"code":5}""");
        await agent.AssertRefusedAsync(HttpStatusCode.BadRequest, "INVALID_JSON", HttpMethod.Post, "/execute", """["code"]""");
    }

    [Fact]
    public async Task An_unknown_language_is_refused()
    {
        await agent.AssertRefusedAsync(HttpStatusCode.BadRequest, "INVALID_REQUEST", HttpMethod.Post, "/execute", """{"code":"x","language":"cobol"}""");
    }

    [Fact]
    public async Task A_working_directory_that_does_not_exist_is_refused()
    {
        await agent.AssertRefusedAsync(HttpStatusCode.BadRequest, "INVALID_PATH", HttpMethod.Post, "/execute", """{"code":"1","workdir":"/no/such/place"}""");
    }

    [Fact]
    public async Task Code_larger_than_a_request_may_be_is_refused()
    {
        var body = "{\"code\":\"" + new string('#', 33 * 1024 * 1024) + "\"}";
        await agent.AssertRefusedAsync(HttpStatusCode.RequestEntityTooLarge, "PAYLOAD_TOO_LARGE", HttpMethod.Post, "/execute", body);
    }

    [Fact]
    public async Task Code_may_be_longer_than_a_command_line()
    {
        var result = await agent.ExecuteAsync($"x = '{new string('y', 3_000_000)}'\nlen(x)");
        Assert.Equal("3000000", result.Result);
        result = await agent.ExecuteAsync($": '{new string('y', 3_000_000)}'\necho done", "bash");
        Assert.Equal("done\n", result.Stdout);
    }

    [Fact]
    public async Task Python_shows_its_output_and_the_last_expression()
    {
        var result = await agent.ExecuteAsync("print('hello')\n6 * 7");
        Assert.True(result.Success);
        Assert.Equal(("hello\n", "42", 0, RunOutcome.Completed), (result.Stdout, result.Result, result.ExitCode, result.Outcome));
        Assert.Null((await agent.ExecuteAsync("x = 1")).Result);
    }

    [Fact]
    public async Task A_python_exception_is_an_answer_with_the_traceback_of_the_code_alone()
    {
        var result = await agent.ExecuteAsync("def f():\n    raise ValueError('no')\nf()");
        Assert.Equal((false, 1, RunOutcome.Failed), (result.Success, result.ExitCode, result.Outcome));
        Assert.Contains("line 2, in f\n    raise ValueError('no')", result.Stderr, StringComparison.Ordinal);
        Assert.DoesNotContain("/dev/fd", result.Stderr, StringComparison.Ordinal);
        Assert.DoesNotContain("hopx", result.Stderr, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("def", 1, "SyntaxError")]
    [InlineData("import sys; sys.exit(7)", 7, "")]
    [InlineData("raise SystemExit('bye')", 1, "bye\n")]
    [InlineData("class E(Exception):\n    def __str__(self): raise E()\nraise E()", 1, "E")]
    public async Task Python_ends_with_the_exit_code_of_the_code(string code, int exitCode, string stderr)
    {
        var result = await agent.ExecuteAsync(code);
        Assert.Equal(exitCode, result.ExitCode);
        Assert.Contains(stderr, result.Stderr, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Python_runs_as_main_in_the_working_directory_without_input()
    {
        await File.WriteAllTextAsync(Path.Combine(Directory.CreateDirectory(agent.Workdir).FullName, "helper.py"), "value = 5", TestContext.Current.CancellationToken);
        var result = await agent.ExecuteAsync("import sys, os, helper\nprint(__name__, sys.argv, os.getcwd(), helper.value, repr(sys.stdin.read()))");
        Assert.Equal($"__main__ [''] {agent.Workdir} 5 ''\n", result.Stdout);
    }

    [Fact]
    public async Task Rich_values_are_shown()
    {
        var result = await agent.ExecuteAsync("""
            class Table:
                def _repr_html_(self): return "<table></table>"
                def __repr__(self): return "Table()"
            Table()
            """);
        Assert.Equal(("Table()", "<table></table>"), (result.Result, result.Html));
        Assert.Equal("text/html", Assert.Single(result.RichOutputs!).Type);
    }

    [Fact]
    public async Task Figures_are_captured_by_show_and_at_the_end()
    {
        Assert.SkipUnless((await agent.RunAsync("python3 -c 'import matplotlib'")).Success, "matplotlib is not installed.");
        var result = await agent.ExecuteAsync("""
            import matplotlib.pyplot as plt
            plt.plot([1, 2]); plt.show()
            plt.plot([2, 1])
            """);
        Assert.True(result.Success, result.Stderr);
        Assert.Equal(2, result.RichOutputs!.Count(output => output.Type == "image/png"));
        Assert.StartsWith("iVBORw0KGgo", result.Png, StringComparison.Ordinal);
        Assert.Empty(result.Stderr);
    }

    [Theory]
    [InlineData("javascript")]
    [InlineData("js")]
    [InlineData("node")]
    [InlineData("nodejs")]
    public async Task JavaScript_runs_with_require(string language)
    {
        Assert.SkipUnless((await agent.RunAsync("node --version")).Success, "node is not installed.");
        var result = await agent.ExecuteAsync("const path = require('path'); console.log(path.basename(process.cwd()))", language);
        Assert.Equal("workspace\n", result.Stdout);
    }

    [Fact]
    public async Task JavaScript_modules_and_errors_work()
    {
        Assert.SkipUnless((await agent.RunAsync("node --version")).Success, "node is not installed.");
        Assert.Equal("7\n", (await agent.ExecuteAsync("import os from 'os';\nconst seven = await Promise.resolve(7);\nconsole.log(seven)", "js")).Stdout);
        var failed = await agent.ExecuteAsync("throw new Error('no')", "js");
        Assert.Equal((false, 1), (failed.Success, failed.ExitCode));
        Assert.Contains("Error: no", failed.Stderr, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bash")]
    [InlineData("sh")]
    [InlineData("shell")]
    public async Task Bash_runs_code_with_its_own_line_numbers(string language)
    {
        var result = await agent.ExecuteAsync("# first\nx=5\necho $((x + 1))\nnosuchprogram\nread line; echo \"[$line]\"\nexit 3", language);
        Assert.Equal(("6\n[]\n", 3), (result.Stdout, result.ExitCode));
        Assert.Contains("line 4: nosuchprogram: command not found", result.Stderr, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Go_runs_programs_and_bare_statements()
    {
        Assert.SkipUnless((await agent.RunAsync("go version")).Success, "go is not installed.");
        Assert.Equal("hi\n", (await agent.ExecuteAsync("package main\nimport \"fmt\"\nfunc main() { fmt.Println(\"hi\") }", "go")).Stdout);
        Assert.Equal(3, (await agent.ExecuteAsync("package main\nimport \"os\"\nfunc main() { os.Exit(3) }", "go")).ExitCode);
        Assert.Equal("ABC\n", (await agent.ExecuteAsync("s := strings.ToUpper(\"abc\")\nfmt.Println(s)", "go")).Stdout);
    }

    [Fact]
    public async Task A_missing_interpreter_is_an_answer_that_says_so()
    {
        var (status, body) = await agent.SendAsync(HttpMethod.Post, "/execute", """{"code":"1","clean":true,"env":{"PATH":"/nowhere"}}""");
        Assert.Equal(HttpStatusCode.OK, status);
        Assert.Equal((127, "could_not_start"), (body.GetProperty("exit_code").GetInt32(), body.GetProperty("outcome").GetString()));
        Assert.Contains("python3 is not installed", body.GetProperty("stderr").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Code_that_sleeps_for_ever_is_killed_with_what_it_started()
    {
        var result = await agent.ExecuteAsync(
            "import subprocess, time\np = subprocess.Popen(['setsid', 'sleep', '987654'])\nprint(p.pid)\ntime.sleep(1000)", timeout: 3);
        Assert.Equal((false, 124, RunOutcome.TimedOut), (result.Success, result.ExitCode, result.Outcome));
        Assert.Contains("Timed out after 3 s", result.Stderr, StringComparison.Ordinal);
        var child = int.Parse(result.Stdout, System.Globalization.CultureInfo.InvariantCulture);
        Assert.False(ProcessTable.ReadEntry(child) is { IsDead: false }, "The child in a session of its own lives on.");
    }

    [Fact]
    public async Task A_daemon_that_left_its_family_is_killed_with_a_timed_out_run()
    {
        var result = await agent.ExecuteAsync("(setsid bash -c 'echo $$; exec sleep 876543' &)\nsleep 1000", "bash", timeout: 2);
        Assert.Equal(124, result.ExitCode);
        var daemon = int.Parse(result.Stdout, System.Globalization.CultureInfo.InvariantCulture);
        Assert.False(ProcessTable.ReadEntry(daemon) is { IsDead: false }, "The daemon lives on.");
    }

    [Fact]
    public async Task Endless_output_is_cut_in_the_middle_and_ends_with_the_time()
    {
        var result = await agent.ExecuteAsync("print('first')\nwhile True: print('x' * 1000)", timeout: 2);
        Assert.Equal(124, result.ExitCode);
        Assert.StartsWith("first\n", result.Stdout, StringComparison.Ordinal);
        Assert.True(result.StdoutOmittedBytes > 0);
        Assert.InRange(result.Stdout.Length, 1_000_000, 5_000_000);
    }

    [Fact]
    public async Task Code_that_closes_its_output_or_kills_itself_is_an_answer()
    {
        Assert.True((await agent.ExecuteAsync("import os\nos.close(1)\nos.close(2)")).ExitCode is 0 or 120 or 1);
        var killed = await agent.ExecuteAsync("import os\nos.kill(os.getpid(), 9)");
        Assert.Equal((false, 137, RunOutcome.KernelLost), (killed.Success, killed.ExitCode, killed.Outcome));
        Assert.Contains("SIGKILL", killed.Stderr, StringComparison.Ordinal);
        Assert.Equal("1", (await agent.ExecuteAsync("1")).Result);
    }

    [Fact]
    public async Task Many_runs_at_once_do_not_mix()
    {
        var results = await Task.WhenAll(Enumerable.Range(0, 12).Select(i => agent.ExecuteAsync($"echo {i}; exit {i}", "bash")));
        for (var i = 0; i < results.Length; i++)
        {
            Assert.Equal(($"{i}\n", i), (results[i].Stdout, results[i].ExitCode));
        }
    }
}
