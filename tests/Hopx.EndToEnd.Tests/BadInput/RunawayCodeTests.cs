using Hopx.EndToEnd.Tests.Program;
using ModelContextProtocol.Client;

namespace Hopx.EndToEnd.Tests.BadInput;

/// <summary>Code that does not end, or takes all there is: it is ended, and its sandbox and the server go on.</summary>
public sealed class RunawayCodeTests(StdioProgram program) : IClassFixture<StdioProgram>, IAsyncLifetime
{
    private const string Conversation = "runaway";
    private const int MostCharacters = 60_000;

    private string _sandbox = "";

    private McpClient Client => program.Client;

    public async ValueTask InitializeAsync() => _sandbox = (await Client.DoAsync("run_command", new { command = "true", conversation = Conversation })).SandboxId();

    public async ValueTask DisposeAsync()
    {
        var after = await Client.DoAsync("run_code", new { code = "print(6 * 7)", conversation = Conversation });
        Assert.Equal(("42", _sandbox), (after.Fact("stdout").Trim(), after.SandboxId()));
        // All but the agent, the shell that asks and its children, those that only wait to be reaped, interpreters that wait for code, and one kernel with the server that it comes from.
        var processes = await Client.DoAsync(
            "run_command",
            new
            {
                command = "ps -e -o pid=,ppid=,stat=,args= | awk -v me=$$ '$1 != 1 && $1 != me && $2 != me && $3 !~ /^Z/ && !/ node (--input-type=module )?-$/ && !(/\\/dev\\/fd\\/3 server/ && ++python <= 2)'",
                conversation = Conversation,
            });
        Assert.Equal("", processes.Fact("stdout").Trim());
    }

    [Theory]
    [InlineData("python", "while True: print('again and again')")]
    [InlineData("bash", "yes")]
    [InlineData("javascript", "for (;;) require('fs').writeSync(2, 'again and again\\n')")]
    public async Task Code_that_prints_for_ever_is_ended_and_its_output_bounded(string language, string code)
    {
        var run = await Client.CallAsync("run_code", new { code, language, timeout_seconds = 2, conversation = Conversation });

        Assert.Equal("timed_out", run.Fact("outcome"));
        Assert.InRange(run.Text().Length, 1, MostCharacters);
    }

    [Theory]
    [InlineData("python", "import time\nwhile True:\n    try: time.sleep(1000)\n    except BaseException: pass")]
    [InlineData("bash", "trap '' TERM INT HUP; while :; do sleep 1000; done")]
    [InlineData("go", "select {\ncase <-time.After(time.Hour):\n}")]
    public async Task Code_that_sleeps_for_ever_is_ended_at_its_limit(string language, string code)
    {
        var run = await Client.CallAsync("run_code", new { code, language, timeout_seconds = 3, conversation = Conversation });

        Assert.Equal("timed_out", run.Fact("outcome"));
        Assert.InRange(run.Seconds(), 2.9, 10);
        Assert.Contains("raise timeout_seconds", run.Text(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bash", "bomb() { bomb | bomb & }; bomb 2>/dev/null; while :; do sleep 1; done")]
    [InlineData("python", "import os\nwhile True:\n    try: os.fork(); os.setsid()\n    except OSError: pass")]
    public async Task Code_that_forks_for_ever_is_ended_with_all_its_children(string language, string code)
    {
        var run = await Client.CallAsync("run_code", new { code, language, timeout_seconds = 3, conversation = Conversation });

        Assert.True(run.Fact("outcome") is "timed_out" or "killed" or "out_of_memory", run.Text());
    }

    [Fact]
    public async Task Code_that_fills_the_memory_is_ended_and_told_why()
    {
        var run = await Client.CallAsync("run_code", new { code = "held = []\nwhile True: held.append(b'x' * (64 << 20))", timeout_seconds = 30, conversation = Conversation });

        Assert.True(run.Fact("outcome") is "out_of_memory" or "killed" || run.Fact("stderr").Contains("MemoryError", StringComparison.Ordinal), run.Text());
        Assert.Contains("memory", run.Text(), StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task Code_that_fills_the_disk_gets_no_more_and_the_sandbox_goes_on()
    {
        var info = await Client.DoAsync("sandbox_control", new { action = "info", conversation = Conversation });
        Assert.SkipUnless(info.Facts().GetProperty("limits").GetProperty("disk").GetString() is "kernel", "The kernel holds no limit of the disk here: it takes root and loop devices.");
        // Space is taken without being written, which is as good as full and quick.
        const string Fill = """
            import errno, os

            taken, step = 0, 1 << 30
            while step >= 4096:
                file = os.open(f"/workspace/fill-{taken}", os.O_CREAT | os.O_WRONLY)
                try:
                    os.posix_fallocate(file, 0, step)
                    taken += step
                except OSError as failure:
                    assert failure.errno == errno.ENOSPC, failure
                    step //= 2
                os.close(file)
            try:
                with open("/workspace/more", "wb") as more:
                    more.write(bytes(1 << 20))
            except OSError as failure:
                print(errno.errorcode[failure.errno], taken >> 30)
            """;

        var run = await Client.DoAsync("run_code", new { code = Fill, conversation = Conversation });
        var full = await Client.RefuseAsync("write_file", new { path = "/workspace/late", content = new string('x', 1 << 20), conversation = Conversation });
        var still = await Client.DoAsync("run_command", new { command = "echo alive; rm -f /workspace/fill-* /workspace/more", conversation = Conversation });
        var written = await Client.DoAsync("write_file", new { path = "/workspace/late", content = "fits", conversation = Conversation });

        Assert.Matches("^ENOSPC 9$", run.Fact("stdout").Trim());
        Assert.Contains("space", full, StringComparison.OrdinalIgnoreCase);
        Assert.Equal("alive", still.Fact("stdout").Trim());
        Assert.Equal("4", written.Fact("bytes"));
    }

    [Theory]
    [InlineData("python", "import os\nos.close(1)\nos.close(2)\nos.close(0)")]
    [InlineData("bash", "exec 1>&- 2>&- 0<&-; true")]
    [InlineData("javascript", "const fs = require('fs'); fs.closeSync(1); fs.closeSync(2)")]
    public async Task Code_that_closes_its_own_output_ends_as_any_other(string language, string code)
    {
        var run = await Client.CallAsync("run_code", new { code, language, timeout_seconds = 20, conversation = Conversation });

        Assert.Equal("completed", run.Fact("outcome"));
    }

    [Fact]
    public async Task Code_that_closes_its_output_and_goes_on_is_ended_at_its_limit()
    {
        var run = await Client.CallAsync("run_code", new { code = "exec 1>&- 2>&-; while :; do sleep 1000; done", language = "bash", timeout_seconds = 2, conversation = Conversation });

        Assert.Equal("timed_out", run.Fact("outcome"));
    }

    [Fact]
    public async Task Code_that_kills_all_it_can_does_not_end_the_agent()
    {
        var run = await Client.CallAsync("run_command", new { command = "sleep 1000 & kill -9 1; kill -STOP 1; kill -TERM 1; kill -9 -1; wait; echo alone", timeout_seconds = 5, conversation = Conversation });

        Assert.Equal("alone", run.Fact("stdout").Trim());
    }
}
