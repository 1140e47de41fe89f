using Hopx.Client;
using Hopx.EndToEnd.Tests.Program;

namespace Hopx.EndToEnd.Tests.BadInput;

/// <summary>How runs end in a real sandbox, with its real limits and rights: the answer says why.</summary>
public sealed class RunEndingTests(ServedProgram program) : IClassFixture<ServedProgram>, IAsyncLifetime
{
    private HopxClient _client = null!;
    private AgentClient _agent = null!;
    private string _id = "";

    public async ValueTask InitializeAsync()
    {
        _client = await program.Server.CreateClientAsync();
        _id = (await _client.Sandboxes.CreateAsync(new CreateSandboxRequest { TemplateName = "code-interpreter", TimeoutSeconds = 1200 }, Patience.Token)).Id;
        _agent = _client.Agent(_id);
    }

    public async ValueTask DisposeAsync()
    {
        await _client.Sandboxes.DeleteAsync(_id, CancellationToken.None);
        _client.Dispose();
    }

    [Fact]
    public async Task Memory_that_is_used_up_is_told_with_its_limit()
    {
        var result = await RunAsync("python3 -c 'import time; held = b\"x\" * (5 << 30); time.sleep(20)'", timeout: 60);

        Assert.Equal((RunOutcome.OutOfMemory, 137), (result.Outcome, result.ExitCode));
        Assert.Contains("2048 MiB was reached", result.Explanation, StringComparison.Ordinal);
        await StillWorksAsync();
    }

    [Fact]
    public async Task Ten_thousand_threads_are_too_many_and_told_so()
    {
        const string Threads = """
            python3 -c '
            import threading, time
            for i in range(10000): threading.Thread(target=time.sleep, args=(60,), daemon=True).start()
            '
            """;

        var result = await RunAsync(Threads, timeout: 60);

        Assert.Equal(RunOutcome.TooManyProcesses, result.Outcome);
        Assert.Contains("limit of", result.Explanation, StringComparison.Ordinal);
        await StillWorksAsync();
    }

    [Fact]
    public async Task A_fork_bomb_ends_and_the_next_run_is_right()
    {
        var result = await RunAsync("bomb() { bomb | bomb & }; bomb; sleep 1000", timeout: 3);

        Assert.False(result.Success);
        Assert.NotNull(result.Explanation);
        await StillWorksAsync();
    }

    [Fact]
    public async Task A_full_disk_is_told()
    {
        var info = await _client.Sandboxes.GetAsync(_id, Patience.Token);
        var result = await RunAsync("fallocate -l 8T /workspace/fill");
        await RunAsync("rm -f /workspace/fill");

        Assert.Equal(_id, info.Id);
        Assert.True(result.Outcome is RunOutcome.DiskFull || result.Stderr.Contains("too large", StringComparison.Ordinal), $"{result.Outcome}: {result.Stderr}");
        await StillWorksAsync();
    }

    [Fact]
    public async Task Figures_are_those_of_the_run()
    {
        var result = await RunAsync("python3 -c 'x = bytearray(300 << 20); open(\"/workspace/out\", \"wb\").write(x[:4 << 20])'");

        Assert.True(result.Success, result.Stderr);
        Assert.InRange(result.PeakMemoryBytes!.Value, 300L << 20, 400L << 20);
        Assert.True(result.CpuTime > 0);
        Assert.True(result.BytesWritten is null or >= 4 << 20, $"{result.BytesWritten} bytes were counted.");
    }

    [Theory]
    [InlineData("echo -n 'Name? '; read name; echo \"hello $name\"", "bash")]
    [InlineData("python3 -c 'print(\"hello\", input(\"Name? \"))'", "python3")]
    [InlineData("node -e \"const r = require('readline').createInterface({ input: process.stdin, output: process.stdout }); r.question('Name? ', n => { console.log('hello', n); r.close(); })\"", "node")]
    public async Task A_run_that_waits_for_input_is_found_without_the_right_to_trace(string line, string process)
    {
        var waiting = await _agent.Commands.RunAsync(new CommandRequest { Command = line, Interactive = true, DetachAfter = 120, Timeout = 300 }, Patience.Token);

        Assert.Equal((RunOutcome.Running, "Name? "), (waiting.Outcome, waiting.WaitingForInput?.Prompt));
        Assert.StartsWith(process, waiting.WaitingForInput!.ProcessName, StringComparison.Ordinal);
        await _agent.Jobs.WriteInputAsync(waiting.ProcessId!, "Ada\n", endOfInput: false, Patience.Token);
        await _agent.Jobs.WaitAsync(waiting.ProcessId!, TimeSpan.FromSeconds(60), Patience.Token);
        Assert.Contains("hello Ada", (await _agent.Jobs.ReadOutputAsync(waiting.ProcessId!, cancellationToken: Patience.Token)).Data, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_thousand_executions_at_once_are_answered_and_the_agent_stays_small()
    {
        var results = await Task.WhenAll(Enumerable.Range(0, 1000).Select(i => _agent.Execution.RunAsync(
            new ExecuteRequest { Language = "bash", Code = $"echo {i}", Timeout = 600 }, Patience.Token)));
        var peak = await RunAsync("awk '/VmHWM/ { print $2 }' /proc/1/status");

        Assert.Equal(Enumerable.Range(0, 1000).Select(i => $"{i}\n"), results.Select(result => result.Stdout));
        Assert.InRange(int.Parse(peak.Stdout, System.Globalization.CultureInfo.InvariantCulture), 1, 250 * 1024);
    }

    [Fact]
    public async Task JavaScript_and_Go_are_ready_for_the_next_call_and_give_the_same()
    {
        for (var i = 0; i < 3; i++)
        {
            Assert.Equal("42\n", (await ExecuteAsync("javascript", "console.log(6 * 7)")).Stdout);
            Assert.Equal("42\n", (await ExecuteAsync("go", "fmt.Println(6 * 7)")).Stdout);
        }

        Assert.Equal(3, (await ExecuteAsync("go", "package main\nimport \"os\"\nfunc main() { os.Exit(3) }")).ExitCode);
        Assert.Equal("2\n", (await RunAsync("ls /root/.cache/hopx/go | wc -l")).Stdout);
        // One is made while nothing runs, so each look is a short run of its own.
        var patience = Patience.Token;
        while ((await RunAsync("ps -eo args= | grep -x 'node -'")).Stdout != "node -\n")
        {
            await Task.Delay(TimeSpan.FromMilliseconds(300), patience);
        }
    }

    private async Task StillWorksAsync() => Assert.Equal("alive\n", (await RunAsync("echo alive")).Stdout);

    private Task<ExecutionResult> ExecuteAsync(string language, string code) =>
        _agent.Execution.RunAsync(new ExecuteRequest { Language = language, Code = code, Timeout = 120 }, Patience.Token);

    private Task<CommandResult> RunAsync(string line, double timeout = 30) => _agent.Commands.RunAsync(new CommandRequest { Command = line, Timeout = timeout }, Patience.Token);
}
