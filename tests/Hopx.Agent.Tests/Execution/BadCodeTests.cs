using System.Diagnostics;
using System.Net;
using System.Text.Json;
using Hopx.Client;

namespace Hopx.Agent.Tests;

/// <summary>Code and requests that nobody would send on purpose, but for Python, whose kernel has its own.</summary>
public sealed class BadCodeTests(AgentFixture agent) : IClassFixture<AgentFixture>
{
    [Theory]
    [InlineData("bash", "#", "echo end")]
    [InlineData("javascript", "//", "console.log('end')")]
    public async Task A_megabyte_of_code_runs(string language, string comment, string last)
    {
        await SkipWithoutAsync(language);
        var code = string.Concat(Enumerable.Repeat($"{comment} {new string('x', 98)}\n", 10_000)) + last;
        Assert.Equal("end\n", (await agent.ExecuteAsync(code, language)).Stdout);
    }

    [Fact]
    public async Task A_hundred_megabytes_of_code_are_refused_with_what_to_do()
    {
        using var content = new StreamContent(new EndlessCode(100 * 1024 * 1024));
        using var answer = await agent.Http.PostAsync("/execute", content, TestContext.Current.CancellationToken);
        var body = JsonElement.Parse(await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
        Assert.Equal((HttpStatusCode.RequestEntityTooLarge, "PAYLOAD_TOO_LARGE"), (answer.StatusCode, body.GetProperty("code").GetString()));
        Assert.Contains("run large code from a file", body.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bash", "echo a\0b")]
    [InlineData("javascript", "console.log('a\0b')")]
    public async Task Code_with_a_nul_is_answered(string language, string code)
    {
        await SkipWithoutAsync(language);
        Assert.NotEqual(RunOutcome.TimedOut, (await agent.ExecuteAsync(code, language)).Outcome);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-1")]
    [InlineData("1e300")]
    [InlineData("999999999999")]
    [InlineData("0.0000001")]
    public async Task Absurd_timeouts_are_bent_into_range(string timeout)
    {
        var (status, body) = await agent.SendAsync(HttpMethod.Post, "/execute", $$"""{"language":"bash","code":"echo hi","timeout":{{timeout}}}""");
        Assert.Equal((HttpStatusCode.OK, true), (status, body.GetProperty("stdout").GetString() is "hi\n" || body.GetProperty("outcome").GetString() is "timed_out"));
    }

    [Fact]
    public async Task A_working_directory_that_is_a_file_is_refused()
    {
        var (status, body) = await agent.SendAsync(HttpMethod.Post, "/execute", """{"language":"bash","code":"pwd","workdir":"/etc/passwd"}""");
        Assert.Equal((HttpStatusCode.BadRequest, "INVALID_PATH"), (status, body.GetProperty("code").GetString()));
        Assert.Contains("is a file", body.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Too_many_variables_and_impossible_names_are_refused()
    {
        var many = JsonSerializer.Serialize(
            new ExecuteRequest { Language = "bash", Code = "env", Env = Enumerable.Range(0, 10_000).ToDictionary(i => $"A{i}", i => "b") }, HopxJson.Default.ExecuteRequest);
        await agent.AssertRefusedAsync(HttpStatusCode.BadRequest, "INVALID_REQUEST", HttpMethod.Post, "/execute", many);
        await agent.AssertRefusedAsync(HttpStatusCode.BadRequest, "INVALID_REQUEST", HttpMethod.Post, "/execute", """{"language":"bash","code":"env","env":{"A=B":"c"}}""");
        await agent.AssertRefusedAsync(HttpStatusCode.BadRequest, "INVALID_REQUEST", HttpMethod.Post, "/execute", """{"language":"bash","code":"env","env":{"":"c"}}""");
        await agent.AssertRefusedAsync(HttpStatusCode.BadRequest, "INVALID_REQUEST", HttpMethod.Post, "/execute", """{"language":"bash","code":"env","env":{"A":"c\u0000d"}}""");
    }

    [Fact]
    public async Task Thousands_of_variables_reach_the_run()
    {
        var (status, body) = await agent.SendAsync(HttpMethod.Post, "/execute", JsonSerializer.Serialize(
            new ExecuteRequest { Language = "bash", Code = "env | grep -c ^MANY_", Env = Enumerable.Range(0, 4_000).ToDictionary(i => $"MANY_{i}", i => "b") }, HopxJson.Default.ExecuteRequest));
        Assert.Equal((HttpStatusCode.OK, "4000\n"), (status, body.GetProperty("stdout").GetString()));
    }

    [Theory]
    [InlineData("bash", "exec 0<&- 1>&- 2>&-; exit 4")]
    [InlineData("javascript", "const fs = require('fs'); fs.closeSync(1); fs.closeSync(2); process.exit(4)")]
    public async Task Code_that_closes_its_streams_ends_with_its_exit_code(string language, string code)
    {
        await SkipWithoutAsync(language);
        Assert.Equal(4, (await agent.ExecuteAsync(code, language)).ExitCode);
    }

    [Fact]
    public async Task A_daemon_lives_on_after_a_run_that_succeeded()
    {
        var watch = Stopwatch.StartNew();
        var result = await agent.ExecuteAsync("setsid nohup bash -c 'echo $$ > daemon.pid; exec sleep 543210' < /dev/null > /dev/null 2>&1 &\nuntil [ -s daemon.pid ]; do sleep 0.01; done; cat daemon.pid", "bash");
        var daemon = int.Parse(result.Stdout, System.Globalization.CultureInfo.InvariantCulture);
        Assert.True(ProcessTable.ReadEntry(daemon) is { IsDead: false }, "The daemon must live on.");
        Assert.True(watch.Elapsed < TimeSpan.FromSeconds(20), $"It took {watch.Elapsed}.");
        Assert.True((await agent.RunAsync($"kill {daemon}")).Success);
    }

    [Fact]
    public async Task Endless_output_on_both_streams_is_bounded_and_ended()
    {
        var result = await agent.ExecuteAsync("yes first & yes second >&2", "bash", timeout: 1);
        Assert.Equal(RunOutcome.TimedOut, result.Outcome);
        Assert.True(result.StdoutOmittedBytes > 0 && result.StderrOmittedBytes > 0);
        Assert.InRange(result.Stdout.Length + result.Stderr.Length, 1_000_000, 10_000_000);
        Assert.Equal("alive\n", (await agent.ExecuteAsync("echo alive", "bash")).Stdout);
    }

    [Fact]
    public async Task A_thousand_executions_at_once_are_all_answered_and_right()
    {
        var small = agent.ExecuteAsync("echo small", "bash", timeout: 600);
        var results = await Task.WhenAll(Enumerable.Range(0, 1000).Select(i => agent.ExecuteAsync($"echo {i}", "bash", timeout: 600)));
        Assert.Equal(Enumerable.Range(0, 1000).Select(i => $"{i}\n"), results.Select(result => result.Stdout));
        Assert.Equal("small\n", (await small).Stdout);
    }

    private async Task SkipWithoutAsync(string language)
    {
        if (language is "javascript")
        {
            Assert.SkipUnless((await agent.RunAsync("node --version")).Success, "node is not installed.");
        }
    }

    /// <summary>A body of JSON that holds a long comment.</summary>
    private sealed class EndlessCode(long length) : Stream
    {
        private static readonly byte[] Start = "{\"code\":\""u8.ToArray();
        private long _at;

        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => _at; set => throw new NotSupportedException(); }

        public override int Read(byte[] buffer, int offset, int count)
        {
            var some = (int)Math.Min(count, length - _at);
            for (var i = 0; i < some; i++)
            {
                buffer[offset + i] = _at + i < Start.Length ? Start[_at + i] : (byte)'#';
            }

            _at += some;
            return some;
        }

        public override void Flush()
        {
        }

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
