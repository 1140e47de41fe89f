using Hopx.Client;

namespace Hopx.Agent.Tests;

public sealed class RunOutcomeTests(AgentFixture agent) : IClassFixture<AgentFixture>
{
    private static readonly RunSpec Spec = new() { Program = "x", Environment = new Dictionary<string, string>(), WorkingDirectory = "/", Timeout = TimeSpan.FromSeconds(5) };

    private static readonly RunEnding Failed = new() { Spec = Spec, Exit = new ProcessExit(1, 0), IsTimedOut = false, IsKilled = false, Stderr = "" };

    private static readonly RunEnding Killed = Failed with { Exit = new ProcessExit(137, 9) };

    [Fact]
    public async Task A_run_that_completed_has_its_figures_and_no_explanation()
    {
        var result = await agent.RunAsync("python3 -c 'x = bytearray(600 << 20); import time; s = time.process_time()\nwhile time.process_time() - s < 0.2: pass'");
        Assert.Equal((RunOutcome.Completed, null, null), (result.Outcome, result.Explanation, result.Signal));
        Assert.InRange(result.CpuTime!.Value, 0.2, 10);
        // Not known where the agent itself has held more, as a test's process may have.
        Assert.True(result.PeakMemoryBytes is null or (> 600L << 20 and < 1000L << 20), $"The peak is {result.PeakMemoryBytes}.");
    }

    [Fact]
    public async Task Bytes_written_are_those_of_the_run_and_its_children()
    {
        var written = (await agent.RunAsync("head -c 3000000 /dev/zero > big; sync big; rm big")).BytesWritten;
        Assert.SkipWhen(written is null, "This kernel does not count what a process writes.");
        Assert.InRange(written!.Value, 3_000_000, 4_000_000);
    }

    [Fact]
    public async Task A_failure_is_told_with_its_exit_code()
    {
        var result = await agent.RunAsync("exit 3");
        Assert.Equal((RunOutcome.Failed, 3, "Ended with exit code 3."), (result.Outcome, result.ExitCode, result.Explanation));
        Assert.Equal("", result.Stderr);
        Assert.Contains("not found", (await agent.RunAsync("nosuchprogram")).Explanation, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("kill -SEGV $$", "SIGSEGV", 139)]
    [InlineData("kill -TERM $$", "SIGTERM", 143)]
    [InlineData("kill -KILL $$", "SIGKILL", 137)]
    public async Task A_signal_is_told_by_name(string line, string signal, int exitCode)
    {
        var result = await agent.RunAsync(line);
        Assert.Equal((RunOutcome.Killed, signal, exitCode), (result.Outcome, result.Signal, result.ExitCode));
        Assert.Contains(signal, result.Explanation, StringComparison.Ordinal);
        Assert.Contains(signal, result.Stderr, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_child_of_the_shell_that_was_killed_is_told_by_its_signal()
    {
        var result = await agent.RunAsync("bash -c 'kill -9 $$'; exit $?");
        Assert.Equal((RunOutcome.Failed, 137), (result.Outcome, result.ExitCode));
        Assert.Contains("a child was ended by signal 9 (SIGKILL)", result.Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_that_was_killed_by_its_caller_says_so()
    {
        var run = agent.StartLine("sleep 1000");
        run.Kill();
        var result = await run.Completion;
        Assert.Equal((RunOutcome.Killed, 137, "Killed on request."), (result.Outcome, result.ExitCode, result.Explanation));
    }

    [Fact]
    public async Task A_timeout_is_told_with_its_length()
    {
        var result = await agent.RunAsync("sleep 1000", timeout: 0.3);
        Assert.Equal((RunOutcome.TimedOut, 124), (result.Outcome, result.ExitCode));
        Assert.Equal("Timed out after 0.3 s; the process and all its children were killed.", result.Explanation);
    }

    [Fact]
    public async Task What_could_not_be_started_says_why()
    {
        var result = await agent.Start(agent.Spec("/etc/passwd")).Completion;
        Assert.Equal((RunOutcome.CouldNotStart, 126), (result.Outcome, result.ExitCode));
        Assert.Contains("chmod +x", result.Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_full_disk_is_found_by_what_was_written_about_it()
    {
        var result = await agent.RunAsync("cat /etc/passwd > /dev/full");
        Assert.Equal((false, RunOutcome.DiskFull), (result.Success, result.Outcome));
        Assert.Contains("'No space left on device'", result.Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public void A_full_disk_is_found_by_its_free_space()
    {
        var (outcome, explanation, code) = RunOutcomes.Describe(Failed with { Disks = [new DiskSpace("/tmp", 1L << 30, 1L << 31, 5), new DiskSpace("/workspace", 0, 10 << 20, 5)] });
        Assert.Equal((RunOutcome.DiskFull, 1), (outcome, code));
        Assert.Contains("the disk at /workspace is full: 0 of 10485760 bytes are free", explanation, StringComparison.Ordinal);
        Assert.Contains("no more files", RunOutcomes.Describe(Failed with { Disks = [new DiskSpace("/tmp", 1L << 30, 1L << 31, 0)] }).Explanation, StringComparison.Ordinal);
    }

    [Fact]
    public void Memory_that_the_kernel_took_is_told_with_limit_and_peak()
    {
        var (outcome, explanation, _) = RunOutcomes.Describe(Killed with { HadMemoryKill = true, MemoryLimit = 512L << 20, MemoryPeak = 511L << 20 });
        Assert.Equal(RunOutcome.OutOfMemory, outcome);
        Assert.Contains("limit of 512 MiB was reached (peak 511 MiB)", explanation, StringComparison.Ordinal);

        // A shell whose child was killed.
        Assert.Equal(RunOutcome.OutOfMemory, RunOutcomes.Describe(Failed with { Exit = new ProcessExit(137, 0), HadMemoryKill = true }).Outcome);
        // Without the kernel's count, by what it held.
        Assert.Equal(RunOutcome.OutOfMemory, RunOutcomes.Describe(Killed with { Exit = new ProcessExit(137, 9) { PeakResidentBytes = 500L << 20 }, MemoryLimit = 512L << 20 }).Outcome);
        // Killed for its memory in another run.
        Assert.Equal(RunOutcome.Failed, RunOutcomes.Describe(Failed with { HadMemoryKill = true }).Outcome);
        Assert.Contains("its memory was not used up", RunOutcomes.Describe(Killed with { HadMemoryKill = false }).Explanation, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bash: fork: retry: Resource temporarily unavailable")]
    [InlineData("RuntimeError: can't start new thread")]
    [InlineData("BlockingIOError: [Errno 11] Resource temporarily unavailable")]
    [InlineData("runtime: failed to create new OS thread (have 5 already; errno=11)")]
    public void A_lack_of_processes_is_found_by_what_was_written_about_it(string stderr)
    {
        var (outcome, explanation, _) = RunOutcomes.Describe(Failed with { Stderr = stderr, ProcessLimit = 100 });
        Assert.Equal(RunOutcome.TooManyProcesses, outcome);
        Assert.Contains("limit of 100 was reached", explanation, StringComparison.Ordinal);
        Assert.Equal(RunOutcome.TooManyProcesses, RunOutcomes.Describe(Failed with { HadRefusedProcess = true }).Outcome);
    }

    [Fact]
    public void Prompts_are_the_last_line_without_colours()
    {
        Assert.Equal("Name: ", PromptOf("welcome\nName: "));
        Assert.Equal("Name?", PromptOf("welcome\nName?\n"));
        Assert.Equal("Name?", PromptOf("Name?\n", "\n\n"));
        Assert.Equal("Password: ", PromptOf("one\nPass", "word: "));
        Assert.Equal("> ", PromptOf("\e[1;32m> \e[0m"));
        Assert.Equal("second", PromptOf("first\n", "second"));
        Assert.Equal("2/3", PromptOf("1/3\r2/3"));
        Assert.Null(PromptOf("\n"));
        Assert.Equal(512, PromptOf(new string('x', 100_000))!.Length);

        static string? PromptOf(params string[] pieces)
        {
            var line = new PromptLine();
            foreach (var piece in pieces)
            {
                line.Append(System.Text.Encoding.UTF8.GetBytes(piece));
            }

            return line.ToText();
        }
    }
}
