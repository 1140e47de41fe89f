using System.Diagnostics;
using Hopx.Client;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hopx.Agent.Tests;

public sealed class InputWaitTests(AgentFixture agent) : IClassFixture<AgentFixture>
{
    [Fact]
    public async Task A_shell_that_reads_is_reported_with_its_prompt_and_goes_on_when_answered()
    {
        var follower = new Follower(takesInput: true);
        var run = agent.StartLine("echo welcome; echo -n 'Name: '; read name; echo -n 'Age: ' >&2; read age; echo \"$name $age\"", follower);

        var wait = await follower.WaitForInputWaitAsync();
        Assert.Equal(("Name: ", "stdin", "bash", run.ProcessId), (wait.Prompt, wait.Source, wait.ProcessName, wait.Pid));
        Assert.True(await run.TypeAsync("Ada\n"));
        Assert.Equal("Age: ", (await follower.WaitForInputWaitAsync(2)).Prompt);
        Assert.True(await run.TypeAsync("36\n"));

        var result = await run.Completion;
        Assert.Equal("welcome\nName: Ada 36\n", result.Stdout);
        Assert.Equal([true, false, true, false], follower.Waits.Select(one => one is not null));
        Assert.False(await run.TypeAsync("late\n"));
    }

    [Theory]
    [InlineData("python", "name = input('Name? ')\nprint(name)", "python3")]
    [InlineData("bash", "echo -n 'Name? '; cat", "cat")]
    [InlineData("bash", "echo 'Name? ' >&2; head -n 1", "head")]
    [InlineData("javascript", "const rl = require('readline').createInterface({ input: process.stdin, output: process.stdout }); rl.question('Name? ', name => { console.log(name); rl.close(); });", "node")]
    [InlineData("javascript", "process.stdout.write('Name? '); process.stdin.once('data', data => { process.stdout.write(data); process.stdin.pause(); });", "node")]
    [InlineData("javascript", "console.log('Name? '); console.log(require('fs').readFileSync(0, 'utf8'))", "node")]
    [InlineData("python", "import select, sys\nprint('Name? ', flush=True)\nselect.select([sys.stdin], [], [])\nprint(sys.stdin.readline())", "python3")]
    [InlineData("python", "import selectors, sys\nprint('Name? ', flush=True)\ns = selectors.DefaultSelector(); s.register(sys.stdin, selectors.EVENT_READ); s.select()\nprint(sys.stdin.readline())", "python3")]
    [InlineData("python", "import select, sys\nprint('Name? ', flush=True)\np = select.poll(); p.register(0, select.POLLIN); p.poll(20000)\nprint(sys.stdin.readline())", "python3")]
    [InlineData("python", "import asyncio, sys\nasync def main():\n    reader = asyncio.StreamReader()\n    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)\n    print('Name? ', flush=True)\n    print((await reader.readline()).decode())\nasyncio.run(main())", "python3")]
    [InlineData("python", "import threading\nt = threading.Thread(target=lambda: print(input('Name? ')))\nt.start(); t.join()", "python3")]
    public async Task Whoever_waits_for_input_by_whatever_means_is_found(string language, string code, string process)
    {
        var program = language switch { "python" => "python3", "javascript" => "node", _ => "bash" };
        Assert.SkipUnless((await agent.RunAsync($"{program} --version")).Success, $"{program} is not installed.");
        var follower = new Follower(takesInput: true);
        var run = agent.Start(agent.Spec(program, language is "javascript" ? "-e" : "-c", code), follower);

        var wait = await follower.WaitForInputWaitAsync();
        Assert.Equal("Name? ", wait.Prompt);
        Assert.StartsWith(process.TrimEnd('3'), wait.ProcessName, StringComparison.Ordinal);
        Assert.True(await run.TypeAsync("Grace\n"));
        run.EndInput();

        var result = await run.Completion;
        Assert.True(result.Success, result.Stderr);
        Assert.Contains("Grace", result.Stdout, StringComparison.Ordinal);
        Assert.Null(follower.Waits[^1]);
    }

    [Theory]
    [InlineData("sleep 2")]
    [InlineData("for i in $(seq 10); do sleep 0.2; done")]
    [InlineData("touch followed; timeout 2 tail -f followed; true")]
    [InlineData("mkfifo -m 600 fifo.$$; timeout 2 cat fifo.$$; rm fifo.$$")]
    [InlineData("sleep 2 | cat")]
    [InlineData("cat < <(sleep 2)")]
    [InlineData("timeout 2 python3 -c 'while True: pass'; true")]
    [InlineData("timeout 2 python3 -c 'import http.server; http.server.HTTPServer((\"127.0.0.1\", 0), None).serve_forever()'; true")]
    [InlineData("timeout 2 python3 -c 'import selectors, socket, sys; s = selectors.DefaultSelector(); s.register(sys.stdin, 1); a = socket.create_server((\"127.0.0.1\", 0)); s.register(a, 1); s.select()'; true")]
    [InlineData("timeout 2 python3 -c 'import selectors, socket, sys; s = selectors.DefaultSelector(); s.register(sys.stdin, 1); a, b = socket.create_server((\"127.0.0.1\", 0)), socket.create_server((\"127.0.0.1\", 0)); s.register(a, 1); s.register(b, 1); s.select()'; true")]
    [InlineData("timeout 2 python3 -c 'import select, sys\nwhile True: select.select([sys.stdin], [], [], 0.1)'; true")]
    [InlineData("timeout 2 python3 -c 'import subprocess, selectors, sys; p = subprocess.Popen([\"sleep\", \"9\"], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL); s = selectors.DefaultSelector(); s.register(sys.stdin, 1); s.register(p.stdout, 1); s.select()'; true")]
    [InlineData("timeout 2 python3 -c 'import threading, sys\nthreading.Thread(target=sys.stdin.read, daemon=True).start()\nwhile True: pass'; true")]
    public async Task Whoever_waits_for_something_else_or_works_is_not_reported(string line)
    {
        var follower = new Follower(takesInput: true);
        var result = await agent.StartLine(line, follower).Completion;

        Assert.True(result.Success, result.Stderr);
        Assert.Empty(follower.Waits);
    }

    [Fact]
    public async Task A_wait_is_reported_soon_after_the_prompt_and_one_that_would_end_by_itself_a_little_later()
    {
        var follower = new Follower(takesInput: true);
        var run = agent.StartLine("echo -n ready; read -t 20 line; echo $line", follower);
        await follower.WaitForAsync(one => one.Text.Contains("ready", StringComparison.Ordinal));
        var watch = Stopwatch.StartNew();
        await follower.WaitForInputWaitAsync();
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(5), $"It took {watch.Elapsed}.");
        run.EndInput();
        await run.Completion;
    }

    [Fact]
    public async Task An_end_of_input_ends_the_wait()
    {
        var follower = new Follower(takesInput: true);
        var run = agent.StartLine("cat; echo done", follower);
        await follower.WaitForInputWaitAsync();
        run.EndInput();
        Assert.Equal("done\n", (await run.Completion).Stdout);
        Assert.Null(follower.Waits[^1]);
    }

    [Fact]
    public async Task A_run_without_input_has_an_empty_one_and_never_waits()
    {
        var follower = new Follower();
        var run = agent.StartLine("read line; echo \"[$line]\"", follower);
        Assert.Equal("[]\n", (await run.Completion).Stdout);
        Assert.Empty(follower.Waits);
        Assert.False(await run.TypeAsync("x"));
    }

    [Fact]
    public async Task Input_that_nobody_reads_holds_no_thread_and_ends_with_the_run()
    {
        var run = agent.StartLine("sleep 1", new Follower(takesInput: true));
        Assert.False(await run.WriteInputAsync(new byte[1_000_000], TestContext.Current.CancellationToken));
        Assert.True((await run.Completion).Success);
    }

    [Theory]
    [InlineData("read -s -p 'Password: ' p < /dev/tty; echo got $p", "Password: ", "bash")]
    [InlineData("python3 -c 'import getpass; print(\"got\", getpass.getpass())'", "Password: ", "python3")]
    [InlineData("echo -n 'Password: '; cat", "Password: ", "cat")]
    public async Task A_program_that_asks_on_its_terminal_is_found_there(string line, string prompt, string process)
    {
        Assert.SkipUnless((await agent.RunAsync("script --version")).Success, "script, which gives a program a terminal, is not installed.");
        var follower = new Follower(takesInput: true);
        // script opens a terminal of its own and passes on what it shows; its number is in what the program prints first.
        var run = agent.StartLine($"exec script -qefc \"tty; {line.Replace("\"", "\\\"", StringComparison.Ordinal)}\" /dev/null", follower);
        await follower.WaitForAsync(one => one.Text.Contains("/dev/pts/", StringComparison.Ordinal));
        var number = int.Parse(
            System.Text.RegularExpressions.Regex.Match(follower.Text, @"/dev/pts/(\d+)").Groups[1].Value, System.Globalization.CultureInfo.InvariantCulture);
        var found = new TaskCompletionSource<InputWait>(TaskCreationOptions.RunContinuationsAsynchronously);
        using var watch = new InputWaitWatch(
            agent.Services.GetRequiredService<InputWaitProbe>(),
            wait =>
            {
                if (wait is not null)
                {
                    found.TrySetResult(wait);
                }
            },
            TimeProvider.System,
            NullLogger.Instance);
        watch.Begin(run.ProcessId!.Value, InputSource.Terminal(number));
        await follower.WaitForAsync(one => one.Text.Contains(prompt, StringComparison.Ordinal));
        watch.NoteOutput(System.Text.Encoding.UTF8.GetBytes(prompt));

        var wait = await found.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        Assert.Equal(("terminal", prompt), (wait.Source, wait.Prompt));
        Assert.StartsWith(process.TrimEnd('3'), wait.ProcessName, StringComparison.Ordinal);
        run.Kill();
        await run.Completion;
    }
}
