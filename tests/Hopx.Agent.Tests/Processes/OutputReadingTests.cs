using System.Diagnostics;
using Hopx.Client;

namespace Hopx.Agent.Tests;

public sealed class OutputReadingTests(AgentFixture agent) : IClassFixture<AgentFixture>
{
    [Fact]
    public async Task The_order_between_the_two_streams_is_as_written_where_the_reader_could_read_in_between()
    {
        var follower = new Follower();
        // Each line is written once the one before was read: the pipes are empty again.
        const string Code = """
            import fcntl, os, termios, struct, time
            def empty(fd):
                while struct.unpack('i', fcntl.ioctl(fd, termios.FIONREAD, b'    '))[0]: time.sleep(0)
            for i in range(500):
                fd = 1 + (i * 7 % 3 == 0)
                os.write(fd, b'%d;' % i)
                empty(fd)
            """;
        var result = await agent.Start(agent.Spec("python3", "-c", Code), follower).Completion;

        Assert.True(result.Success, result.Stderr);
        Assert.Equal(string.Concat(Enumerable.Range(0, 500).Select(i => $"{(i * 7 % 3 == 0 ? "e:" : "o:")}{i};")), follower.Text);
    }

    [Fact]
    public async Task What_both_streams_hold_at_once_comes_in_the_order_in_which_they_became_ready()
    {
        var follower = new Follower();
        for (var i = 0; i < 20; i++)
        {
            await agent.StartLine("echo one >&2; echo two", follower).Completion;
        }

        Assert.Equal(string.Concat(Enumerable.Repeat("e:one\no:two\n", 20)), follower.Text);
    }

    [Fact]
    public async Task A_slow_follower_slows_its_run_alone_and_loses_nothing()
    {
        var gate = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var follower = new Follower(beforeEach: () => gate.Task);
        var slow = agent.StartLine("head -c 5000000 /dev/zero; echo done >&2; head -c 5000000 /dev/zero >&2", follower);

        for (var i = 0; i < 10; i++)
        {
            Assert.Equal("quick\n", (await agent.RunAsync("echo quick")).Stdout);
        }

        Assert.False(slow.Completion.IsCompleted, "The process must wait for its reader.");
        Assert.Equal(0, follower.Bytes);
        gate.SetResult();
        Assert.True((await slow.Completion).Success);
        Assert.Equal(10_000_005, follower.Bytes);
    }

    [Fact]
    public async Task A_follower_that_never_takes_anything_is_given_up_in_the_end()
    {
        await using var impatient = new AgentFixture(new() { ["Processes:FollowerPatience"] = "00:00:01" });
        await impatient.InitializeAsync();
        var never = new TaskCompletionSource();

        var result = await impatient.StartLine("echo hello", new Follower(beforeEach: () => never.Task)).Completion;

        Assert.Equal("hello\n", result.Stdout);
        never.SetResult();
    }

    [Fact]
    public async Task A_follower_that_fails_ends_neither_the_run_nor_the_reading()
    {
        var result = await agent.StartLine("echo one; echo two >&2", new Follower(beforeEach: () => throw new InvalidOperationException("no"))).Completion;

        Assert.Equal((true, "one\n", "two\n"), (result.Success, result.Stdout, result.Stderr));
    }

    [Fact]
    public async Task Gigabytes_on_both_streams_keep_memory_flat()
    {
        const long Bytes = 1L << 30;
        await agent.StartLine("head -c 50000000 /dev/zero").Completion;
        GC.Collect();
        var before = Process.GetCurrentProcess().WorkingSet64;
        var follower = new Follower();

        var result = await agent.StartLine($"head -c {Bytes} /dev/zero & head -c {Bytes} /dev/zero >&2; wait", follower).Completion;

        Assert.True(result.Success);
        Assert.Equal(2 * Bytes, follower.Bytes);
        Assert.True(result.StdoutOmittedBytes > Bytes / 2 && result.StderrOmittedBytes > Bytes / 2);
        Assert.Contains("were cut out of the middle", result.Explanation, StringComparison.Ordinal);
        GC.Collect();
        var grown = Process.GetCurrentProcess().WorkingSet64 - before;
        Assert.True(grown < 200 << 20, $"The working set grew by {grown >> 20} MiB.");
    }

    [Fact]
    public async Task What_is_left_behind_can_write_for_ever()
    {
        var started = await agent.RunAsync("while :; do head -c 1000000 /dev/zero; echo -n > alive; sleep 0.05; done & echo $!");
        var server = int.Parse(started.Stdout.Trim('\0', '\n').Split('\n')[0].Trim('\0'), System.Globalization.CultureInfo.InvariantCulture);
        var alive = Path.Combine(agent.Workdir, "alive");
        for (var round = 0; round < 5; round++)
        {
            // It writes more than a pipe holds before each of these.
            File.Delete(alive);
            while (!File.Exists(alive))
            {
                await Task.Delay(10, TestContext.Current.CancellationToken);
            }
        }

        Assert.True((await agent.RunAsync($"kill {server}")).Success);
    }

    [Fact]
    public async Task Bytes_that_are_no_text_become_replacement_characters()
    {
        var result = await agent.RunAsync(@"printf 'a\xff\xfeb\0c\xe2\x82'");
        Assert.Equal((true, "a\ufffd\ufffdb\0c\ufffd"), (result.Success, result.Stdout));
    }

    [Fact]
    public async Task One_stream_is_never_reordered()
    {
        var result = await agent.RunAsync("seq 1 200000");
        Assert.Equal(string.Concat(Enumerable.Range(1, 200000).Select(i => $"{i}\n")), result.Stdout);
        Assert.Null(result.Explanation);
        Assert.Equal(RunOutcome.Completed, result.Outcome);
    }
}
