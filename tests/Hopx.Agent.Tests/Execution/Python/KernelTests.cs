using System.Globalization;
using System.Net;
using Hopx.Client;

namespace Hopx.Agent.Tests;

/// <summary>An agent that lets each test have kernels of its own.</summary>
public sealed class KernelFixture : IAsyncLifetime
{
    public AgentFixture Agent { get; } = new(new Dictionary<string, string?> { ["Execution:MaxKernels"] = "64", ["Execution:InterruptGrace"] = "00:00:01" });

    public ValueTask InitializeAsync() => Agent.InitializeAsync();

    public ValueTask DisposeAsync() => Agent.DisposeAsync();
}

public sealed class KernelTests(KernelFixture fixture) : IClassFixture<KernelFixture>
{
    private AgentFixture Agent => fixture.Agent;

    [Fact]
    public async Task Variables_functions_and_imports_are_kept_between_calls()
    {
        await RunAsync("import math\nx = 20\ndef twice(n): return 2 * n", "state");
        var result = await RunAsync("print(math.pi > 3)\ntwice(x) + 2", "state");
        Assert.Equal((true, "True\n", "42", "state"), (result.Success, result.Stdout, result.Result, result.Kernel));
        Assert.Null(result.StateLost);
    }

    [Fact]
    public async Task Kernels_with_different_names_share_nothing()
    {
        await RunAsync("x = 1", "one");
        var other = await RunAsync("x", "two");
        Assert.Contains("NameError", other.Stderr, StringComparison.Ordinal);
        Assert.Equal("1", (await RunAsync("x", "one")).Result);
    }

    [Fact]
    public async Task A_clean_run_meets_an_interpreter_of_its_own_and_leaves_nothing_behind()
    {
        await Agent.ExecuteAsync("left = 1");
        var clean = await Agent.ExecuteAsync(new ExecuteRequest
        {
            Code = "import os\nos.environ['LEFT'] = '1'\nos.chdir('/')\nleft = 2\nimport builtins; builtins.left = 3\n'x' in globals()",
            Clean = true,
        });
        Assert.Equal((true, "False", null), (clean.Success, clean.Result, clean.Kernel));
        clean = await Agent.ExecuteAsync(new ExecuteRequest { Code = "import os\n'left' in dir(__builtins__), os.environ.get('LEFT'), os.getcwd(), __name__", Clean = true });
        Assert.Equal($"(False, None, '{Agent.Workdir}', '__main__')", clean.Result);
        Assert.Equal("1", (await Agent.ExecuteAsync("left")).Result);
    }

    [Fact]
    public async Task Clean_runs_do_not_share_their_random_numbers()
    {
        const string code = "import random, os, tempfile\nrandom.random(), os.urandom(8).hex(), next(tempfile._get_candidate_names())";
        var results = new HashSet<string>();
        for (var i = 0; i < 5; i++)
        {
            Assert.True(results.Add((await Agent.ExecuteAsync(new ExecuteRequest { Code = code, Clean = true })).Result!));
        }
    }

    [Fact]
    public async Task Variables_of_the_environment_last_for_one_call_and_common_ones_for_all()
    {
        const string code = "import os\nos.environ.get('OWN'), os.environ.get('COMMON'), os.environ.get('HOME') is not None";
        var result = await Agent.ExecuteAsync(new ExecuteRequest { Code = code, Kernel = "env", Env = new Dictionary<string, string> { ["OWN"] = "a" } });
        Assert.Equal("('a', None, True)", result.Result);
        await Agent.SendAsync(HttpMethod.Patch, "/env", """{"env_vars":{"COMMON":"b"}}""");
        try
        {
            Assert.Equal("(None, 'b', True)", (await RunAsync(code, "env")).Result);
        }
        finally
        {
            await Agent.SendAsync(HttpMethod.Delete, "/env");
        }

        Assert.Equal("(None, None, True)", (await RunAsync(code, "env")).Result);
        await RunAsync("os.environ['OWN'] = 'kept'", "env");
        Assert.Equal("('kept', None, True)", (await RunAsync(code, "env")).Result);
    }

    [Fact]
    public async Task A_working_directory_holds_for_its_call_and_one_that_code_chose_stays()
    {
        var result = await Agent.ExecuteAsync(new ExecuteRequest { Code = "import os\nos.getcwd()", Kernel = "cwd", Workdir = Agent.OtherRoot });
        Assert.Equal($"'{Agent.OtherRoot}'", result.Result);
        Assert.Equal($"'{Agent.Workdir}'", (await RunAsync("os.getcwd()", "cwd")).Result);
        await RunAsync("os.chdir('/')", "cwd");
        Assert.Equal("'/'", (await Agent.ExecuteAsync(new ExecuteRequest { Code = "os.getcwd()", Kernel = "cwd", Workdir = "/workspace" })).Result);
    }

    [Fact]
    public async Task The_exit_of_code_is_not_the_end_of_its_kernel()
    {
        await RunAsync("kept = 5", "exit");
        Assert.Equal(7, (await RunAsync("import sys\nsys.exit(7)", "exit")).ExitCode);
        Assert.Equal(4, (await RunAsync("exit(4)", "exit")).ExitCode);
        Assert.Equal("bye\n", (await RunAsync("raise SystemExit('bye')", "exit")).Stderr);
        var thread = await RunAsync("import threading\nt = threading.Thread(target=sys.exit, args=(3,))\nt.start(); t.join()\nkept", "exit");
        Assert.Equal((true, "5"), (thread.Success, thread.Result));
    }

    [Fact]
    public async Task Time_spent_waiting_for_the_kernel_counts_and_is_told()
    {
        var first = RunAsync("import time\ntime.sleep(1)", "queue");
        await UntilBusyAsync("queue");
        var second = await RunAsync("time.sleep(1000)", "queue", timeout: 3);
        await first;
        Assert.Matches("Timed out after 3 s, [0-9.]+ s of which it waited for its turn;", second.Explanation);
    }

    [Fact]
    public async Task Time_that_is_up_interrupts_the_code_and_keeps_the_variables()
    {
        await RunAsync("kept = 5", "interrupt");
        var result = await RunAsync("import subprocess, time\np = subprocess.Popen(['setsid', 'sleep', '987654'])\nprint(p.pid)\ntime.sleep(1000)", "interrupt", timeout: 1);
        Assert.Equal((false, 124, RunOutcome.TimedOut, null), (result.Success, result.ExitCode, result.Outcome, result.StateLost));
        Assert.Contains("KeyboardInterrupt", result.Stderr, StringComparison.Ordinal);
        Assert.Contains("keeps its variables", result.Explanation, StringComparison.Ordinal);
        await AssertDiesAsync(result.Stdout);
        Assert.Equal("5", (await RunAsync("kept", "interrupt")).Result);
    }

    [Fact]
    public async Task What_earlier_code_has_started_survives_the_interruption_of_later_code()
    {
        var started = await RunAsync("import subprocess, time\np = subprocess.Popen(['sleep', '876543'])\nprint(p.pid)\ntime.sleep(0.1)", "server");
        await RunAsync("time.sleep(1000)", "server", timeout: 0.5);
        Assert.Equal("None", (await RunAsync("print(p.poll())", "server")).Stdout.Trim());
        await RunAsync("p.kill()\np.wait()", "server");
        await AssertDiesAsync(started.Stdout);
    }

    [Fact]
    public async Task Code_that_cannot_be_interrupted_costs_the_kernel_and_the_answer_says_so()
    {
        await RunAsync("kept = 5", "stubborn");
        var result = await RunAsync("import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass", "stubborn", timeout: 0.5);
        Assert.Equal((124, RunOutcome.TimedOut, true), (result.ExitCode, result.Outcome, result.StateLost));
        Assert.Contains("variables are lost", result.Explanation, StringComparison.Ordinal);
        var next = await RunAsync("'kept' in globals()", "stubborn");
        Assert.Equal(("False", null), (next.Result, next.StateLost));
    }

    [Theory]
    [InlineData("os._exit(3)", 3, "exit code 3")]
    [InlineData("os._exit(0)", 1, "exit code 0")]
    [InlineData("os.kill(os.getpid(), 9)", 137, "signal 9")]
    [InlineData("os.kill(os.getpid(), 11)", 139, "SIGSEGV")]
    [InlineData("import ctypes; ctypes.string_at(0)", 139, "SIGSEGV")]
    [InlineData("os.abort()", 134, "SIGABRT")]
    [InlineData("os.closerange(3, 1000); import time; time.sleep(100)", 137, "connection")]
    public async Task A_kernel_that_dies_is_lost_with_a_reason_and_replaced(string code, int exitCode, string reason)
    {
        await RunAsync("kept = 5", "dies");
        var result = await RunAsync($"import os\nprint('before', flush=True)\n{code}", "dies");
        Assert.Equal((false, exitCode, RunOutcome.KernelLost, true, "before\n"), (result.Success, result.ExitCode, result.Outcome, result.StateLost, result.Stdout));
        Assert.Contains(reason, result.Explanation, StringComparison.Ordinal);
        Assert.Equal("False", (await RunAsync("'kept' in globals()", "dies")).Result);
    }

    [Fact]
    public async Task A_kernel_that_dies_while_nothing_runs_is_told_with_the_next_answer()
    {
        var sign = Path.Combine(Agent.Home, "die");
        await RunAsync($"import threading, os, time\ndef wait():\n    while not os.path.exists('{sign}'): time.sleep(0.01)\n    os._exit(5)\nthreading.Thread(target=wait).start()", "later");
        await File.WriteAllTextAsync(sign, "", TestContext.Current.CancellationToken);
        ExecutionResult result;
        do
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            result = await RunAsync("'threading' in globals()", "later");
        }
        while (result.Result == "True");
        // It may have died under that very code; told once it is in either case.
        Assert.True(result.StateLost);
        Assert.Contains("exit code 5", result.Explanation, StringComparison.Ordinal);
        Assert.Null((await RunAsync("1", "later")).StateLost);
    }

    [Fact]
    public async Task A_fork_of_the_kernel_ends_with_its_code_and_does_not_speak_for_it()
    {
        var result = await RunAsync("""
            import os
            pid = os.fork()
            if pid == 0:
                print('child')
            else:
                os.waitpid(pid, 0)
                print('parent')
            pid == 0
            """, "fork");
        Assert.Equal(("child\nparent\n", "False"), (result.Stdout, result.Result));
        Assert.Equal("1", (await RunAsync("1", "fork")).Result);
        var failed = await RunAsync("import sys\nif os.fork() == 0: sys.exit(3)\nos.waitstatus_to_exitcode(os.wait()[1])", "fork");
        Assert.Equal("3", failed.Result);
    }

    [Fact]
    public async Task What_code_breaks_is_mended_for_the_next()
    {
        await RunAsync("import sys, io, os, builtins\nsys.stdout = io.StringIO()\nprint('lost')", "mend");
        Assert.Equal("a\n", (await RunAsync("print('a')", "mend")).Stdout);
        await RunAsync("sys.stdout.close(); sys.stderr = None", "mend");
        Assert.Equal("b\n", (await RunAsync("print('b')", "mend")).Stdout);
        await RunAsync("os.close(1); os.close(2); os.close(0)", "mend");
        var result = await RunAsync("print('c'); print('d', file=sys.stderr); os.system('echo e')", "mend");
        Assert.Equal(("c\ne\n", "d\n"), (result.Stdout, result.Stderr));
        await RunAsync("for name in ('len', 'print', 'isinstance', '__import__', 'input', 'compile'): setattr(builtins, name, None)", "mend");
        Assert.Equal("3", (await RunAsync("len([1, 2, 3])", "mend")).Result);
        await RunAsync("sys.meta_path.clear(); sys.exit = None; os.environ.clear()", "mend");
        Assert.Equal("2", (await RunAsync("1 + 1", "mend")).Result);
    }

    [Fact]
    public async Task A_megabyte_of_code_and_code_with_a_nul_are_answered()
    {
        var code = string.Concat(Enumerable.Repeat($"# {new string('x', 98)}\n", 10_000)) + "'end'";
        Assert.Equal("'end'", (await RunAsync(code, "large")).Result);
        Assert.Equal(RunOutcome.Failed, (await RunAsync("x = 'a\0b'", "large")).Outcome);
        Assert.Equal("3", (await RunAsync("1 + 2", "large")).Result);
    }

    [Fact]
    public async Task Signals_and_handlers_of_code_do_not_keep_the_next_from_being_interrupted()
    {
        await RunAsync("import signal, time\nsignal.signal(signal.SIGINT, signal.SIG_IGN)", "handlers");
        var result = await RunAsync("time.sleep(100)", "handlers", timeout: 0.5);
        Assert.Equal((RunOutcome.TimedOut, null), (result.Outcome, result.StateLost));
    }

    [Fact]
    public async Task Output_of_children_and_of_c_comes_in_order()
    {
        var result = await RunAsync("import os, ctypes\nprint('1')\nos.system('echo 2')\nctypes.CDLL(None).puts(b'3')\nctypes.CDLL(None).fflush(None)\nprint('4', end='')", "order");
        Assert.Equal("1\n2\n3\n4", result.Stdout);
        Assert.Equal("unflushed", (await RunAsync("ctypes.CDLL(None).printf(b'unflushed') and None", "order")).Stdout);
    }

    [Fact]
    public async Task Late_output_of_a_thread_goes_to_the_code_that_runs_or_to_the_next()
    {
        await RunAsync("import threading\ngo = threading.Event()\ndone = threading.Event()\ndef late():\n    go.wait()\n    print('late')\n    done.set()\nthreading.Thread(target=late).start()", "late");
        var result = await RunAsync("go.set()\ndone.wait()\nprint('next')", "late");
        Assert.Equal("late\nnext\n", result.Stdout);
    }

    [Fact]
    public async Task Code_waits_for_the_code_before_it_and_gives_up_at_its_timeout()
    {
        var first = RunAsync("import time\ntime.sleep(2)\n'first'", "queue");
        await UntilBusyAsync("queue");

        var impatient = await RunAsync("'never'", "queue", timeout: 0.3);
        Assert.Equal((124, RunOutcome.TimedOut, null), (impatient.ExitCode, impatient.Outcome, impatient.Result));
        Assert.Contains("busy with other code", impatient.Explanation, StringComparison.Ordinal);
        Assert.Equal("'first'", (await first).Result);
        Assert.Equal("'then'", (await RunAsync("'then'", "queue")).Result);
    }

    [Fact]
    public async Task Many_runs_in_one_kernel_come_one_after_the_other()
    {
        await RunAsync("numbers = []", "many");
        var results = await Task.WhenAll(Enumerable.Range(0, 50).Select(i => RunAsync($"numbers.append({i})\nprint({i})", "many")));
        Assert.All(results.Select((result, i) => (result, i)), item => Assert.Equal($"{item.i}\n", item.result.Stdout));
        Assert.Equal("50", (await RunAsync("len(set(numbers))", "many")).Result);
    }

    [Theory]
    [InlineData("a b")]
    [InlineData("../x")]
    [InlineData("a/b")]
    public async Task A_kernel_name_that_cannot_be_one_is_refused(string name)
    {
        await Agent.AssertRefusedAsync(HttpStatusCode.BadRequest, "INVALID_REQUEST", HttpMethod.Post, "/execute", $$"""{"code":"1","kernel":"{{name}}"}""");
    }

    [Theory]
    [InlineData("/jupyter/sessions")]
    [InlineData("/jupyter/status")]
    public async Task Kernels_are_listed(string path)
    {
        await RunAsync("1", "listed");
        var (status, body) = await Agent.SendAsync(HttpMethod.Get, path);
        Assert.Equal(HttpStatusCode.OK, status);
        var session = body.GetProperty("sessions").EnumerateArray().Single(session => session.GetProperty("kernel_id").GetString() == "listed");
        Assert.Equal("idle", session.GetProperty("execution_state").GetString());
        Assert.Equal(0, session.GetProperty("connections").GetInt32());
        Assert.True(session.GetProperty("last_activity").GetDateTimeOffset() > DateTimeOffset.UnixEpoch);
        Assert.Equal(body.GetProperty("sessions").GetArrayLength(), body.GetProperty("count").GetInt32());
    }

    [Fact]
    public async Task The_ipython_route_runs_python_in_the_default_kernel()
    {
        await Agent.ExecuteAsync("seven = 7");
        var result = await Agent.ExecuteAsync(new ExecuteRequest { Code = "x = seven * 2 + 1\nx", Language = "go" }, "/execute/ipython");
        Assert.Equal(("15", "default"), (result.Result, result.Kernel));
    }

    [Fact]
    public async Task Display_is_bounded_and_what_is_left_out_is_counted()
    {
        var result = await RunAsync("for i in range(5000): display(i)", "much");
        Assert.Equal((true, 1000, 4000), (result.Success, result.RichOutputs!.Count, result.RichOutputsOmitted));
        result = await RunAsync("""
            class Picture:
                def _repr_png_(self): return b'\x89PNG\r\n\x1a\n' + bytes(100_000_000)
                def __repr__(self): return 'huge'
            Picture()
            """, "much");
        Assert.Equal((true, "huge", null, 1), (result.Success, result.Result, result.Png, result.RichOutputsOmitted));
    }

    [Fact]
    public async Task Ten_million_lines_and_bytes_that_are_no_text_do_no_harm()
    {
        var result = await RunAsync("import sys\nfor i in range(200): print('x' * 100_000); print('y' * 100_000, file=sys.stderr)", "flood");
        Assert.True(result.Success);
        Assert.True(result is { StdoutOmittedBytes: > 0, StderrOmittedBytes: > 0 });
        result = await RunAsync("sys.stdout.buffer.write(b'a\\xff\\x00b\\n') and None\nprint('\\ud800')", "flood");
        Assert.Equal("a\uFFFD\0b\n\\ud800\n", result.Stdout);
    }

    [Fact]
    public async Task A_message_that_code_forges_is_the_end_of_its_kernel_and_of_nothing_else()
    {
        var result = await RunAsync("""
            import os, stat
            for fd in os.listdir('/proc/self/fd'):
                try:
                    if stat.S_ISSOCK(os.fstat(int(fd)).st_mode): os.write(int(fd), b'\xff\xff\xff\xffgarbage')
                except OSError: pass
            import time; time.sleep(30)
            """, "forge");
        Assert.Equal((RunOutcome.KernelLost, true), (result.Outcome, result.StateLost));
        Assert.Equal("1", (await RunAsync("1", "forge")).Result);
    }

    [Fact]
    public async Task Input_without_anybody_to_ask_is_an_error_that_says_so()
    {
        var result = await RunAsync("input('name? ')", "ask");
        Assert.Equal((1, "name? "), (result.ExitCode, result.Stdout));
        Assert.Contains("EOFError", result.Stderr, StringComparison.Ordinal);
        Assert.Contains("no standard input", result.Stderr, StringComparison.Ordinal);
        Assert.Equal("''", (await RunAsync("import sys\nsys.stdin.read()", "ask")).Result);
    }

    [Fact]
    public async Task A_caller_that_leaves_interrupts_its_code()
    {
        await RunAsync("kept = 5", "left");
        using var gone = new CancellationTokenSource();
        var content = new StringContent("""{"code":"import time\ntime.sleep(1000)","kernel":"left"}""");
        var call = Agent.Http.PostAsync("/execute", content, gone.Token);
        await UntilBusyAsync("left");

        await gone.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        var next = await RunAsync("kept", "left", timeout: 20);
        Assert.Equal(("5", null), (next.Result, next.StateLost));
    }

    [Fact]
    public async Task Tracebacks_name_the_code_of_earlier_cells()
    {
        await RunAsync("def broken():\n    return 1 / 0", "traces");
        var result = await RunAsync("broken()", "traces");
        Assert.Contains("line 2, in broken\n    return 1 / 0", result.Stderr, StringComparison.Ordinal);
        Assert.DoesNotContain("hopx", result.Stderr, StringComparison.Ordinal);
        Assert.DoesNotContain("/dev/fd", result.Stderr, StringComparison.Ordinal);
        Assert.DoesNotContain("\u001b[", result.Stderr, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Await_works_at_the_outermost_level()
    {
        var result = await RunAsync("import asyncio\nawait asyncio.sleep(0.01)\nawait asyncio.sleep(0.01, 'done')", "await");
        Assert.Equal("'done'", result.Result);
    }

    [Fact]
    public async Task A_result_that_ends_in_a_semicolon_is_not_shown()
    {
        Assert.Null((await RunAsync("6 * 7;", "semicolon")).Result);
    }

    private static async Task AssertDiesAsync(string processId)
    {
        // A kill is sent before the answer; when it takes effect is the kernel's business.
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromSeconds(10));
        while (ProcessTable.ReadEntry(int.Parse(processId, CultureInfo.InvariantCulture)) is { IsDead: false })
        {
            Assert.False(patience.IsCancellationRequested, "The child lives on.");
            await Task.Yield();
        }
    }

    private Task<ExecutionResult> RunAsync(string code, string kernel, double? timeout = null) =>
        Agent.ExecuteAsync(new ExecuteRequest { Code = code, Kernel = kernel, Timeout = timeout });

    private async Task UntilBusyAsync(string kernel)
    {
        System.Text.Json.JsonElement body;
        do
        {
            TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
            (_, body) = await Agent.SendAsync(HttpMethod.Get, "/jupyter/sessions");
        }
        while (!body.GetProperty("sessions").EnumerateArray().Any(session =>
            session.GetProperty("name").GetString() == kernel && session.GetProperty("execution_state").GetString() == "busy"));
    }
}
