using System.Globalization;
using System.Net;
using System.Text.Json;
using Hopx.Client;

namespace Hopx.Agent.Tests;

public sealed class JobTests(AgentFixture agent) : IClassFixture<AgentFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task What_is_no_job_is_refused()
    {
        foreach (var (method, path) in new[]
        {
            (HttpMethod.Get, "/jobs/proc_none"), (HttpMethod.Get, "/jobs/proc_none/output"), (HttpMethod.Get, "/jobs/proc_none/wait"), (HttpMethod.Get, "/jobs/proc_none/result"),
            (HttpMethod.Post, "/jobs/proc_none/input"), (HttpMethod.Post, "/jobs/proc_none/signal"), (HttpMethod.Delete, "/jobs/proc_none"),
        })
        {
            await agent.AssertRefusedAsync(HttpStatusCode.NotFound, "PROCESS_NOT_FOUND", method, path);
        }
    }

    [Fact]
    public async Task A_background_run_that_cannot_be_started_is_refused_and_leaves_no_job()
    {
        await agent.AssertRefusedAsync(HttpStatusCode.BadRequest, "MISSING_PARAMETER", HttpMethod.Post, "/execute/background", """{"name":"nothing"}""");
        await agent.AssertRefusedAsync(HttpStatusCode.BadRequest, "MISSING_PARAMETER", HttpMethod.Post, "/commands/background");
        await agent.AssertRefusedAsync(HttpStatusCode.BadRequest, "INVALID_REQUEST", HttpMethod.Post, "/execute/background", """{"code":"x","language":"cobol","name":"nothing"}""");
        await agent.AssertRefusedAsync(HttpStatusCode.BadRequest, "INVALID_PATH", HttpMethod.Post, "/commands/background", """{"command":"true","workdir":"/nowhere","name":"nothing"}""");
        Assert.DoesNotContain(await ListAsync(), job => job.Name == "nothing");
    }

    [Fact]
    public async Task Code_in_the_background_is_listed_with_its_output_in_both_spellings_of_every_field()
    {
        var (status, started) = await agent.SendAsync(
            HttpMethod.Post, "/execute/background", """{"code":"import sys\nprint('out')\nprint('err', file=sys.stderr)\nsys.exit(3)","language":"python","name":"my job","timeout":60}""");
        Assert.Equal((HttpStatusCode.OK, "running", "my job"), (status, Text(started, "status"), Text(started, "name")));
        var id = Text(started, "process_id");
        Assert.StartsWith("proc_", id, StringComparison.Ordinal);
        Assert.StartsWith("exec_", Text(started, "execution_id"), StringComparison.Ordinal);
        Assert.NotEmpty(Text(started, "start_time"));
        await WaitAsync(id);

        var (_, list) = await agent.SendAsync(HttpMethod.Get, "/execute/processes");
        var item = list.GetProperty("processes").EnumerateArray().Single(entry => Text(entry, "process_id") == id);
        Assert.True(list.GetProperty("count").GetInt32() > 0);
        Assert.Equal(("failed", 3, "out\n", "err\n", "python"), (Text(item, "status"), item.GetProperty("exit_code").GetInt32(), Text(item, "stdout"), Text(item, "stderr"), Text(item, "language")));
        foreach (var (one, other) in new[] { ("start_time", "started_at"), ("end_time", "completed_at"), ("duration", "execution_time") })
        {
            Assert.Equal(item.GetProperty(one).GetRawText(), item.GetProperty(other).GetRawText());
        }
    }

    [Fact]
    public async Task A_background_command_is_listed_among_executions_and_processes()
    {
        var job = await StartAsync(new BackgroundCommandRequest { Command = "sleep", Args = ["543210"], Name = "sleeper" });
        Assert.Equal(("sleeper", "sleep 543210", JobStatus.Running), (job.Name, job.Command, job.Status));
        Assert.Contains(await ListAsync(), entry => entry.ProcessId == job.ProcessId && entry.Kind == "command");
        var (_, body) = await agent.SendAsync(HttpMethod.Get, "/processes");
        var process = body.Deserialize(HopxJson.Default.ProcessList)!.Processes.Single(entry => entry.ProcessId == job.ProcessId);
        Assert.Equal((job.Pid, "sleep", "sleep 543210", "sleeping"), (process.Pid, process.Name, process.Command, process.Status));
        Assert.False(string.IsNullOrEmpty(process.User));
        Assert.True(process.MemoryMb > 0 && process.CpuPercent >= 0 && process.ParentPid > 0);
        (_, body) = await agent.SendAsync(HttpMethod.Get, "/processes?max_results=2");
        Assert.Equal(2, body.GetProperty("count").GetInt32());
        await agent.SendAsync(HttpMethod.Delete, $"/jobs/{job.ProcessId}");
        Assert.DoesNotContain(await ListAsync(), entry => entry.ProcessId == job.ProcessId);
    }

    [Theory]
    [InlineData("DELETE", "/execute/kill?process_id={0}", null)]
    [InlineData("POST", "/execute/kill", """{"process_id":"{0}"}""")]
    [InlineData("POST", "/execute/kill/{0}", null)]
    [InlineData("POST", "/processes/{0}/kill", null)]
    [InlineData("DELETE", "/execute/kill", """{"process_id":"{0}"}""")]
    public async Task Every_spelling_of_kill_ends_the_job_and_its_children(string method, string path, string? body)
    {
        foreach (var chooseId in new Func<BackgroundRun, string>[] { job => job.ProcessId, job => job.ExecutionId!, job => job.Pid!.Value.ToString(CultureInfo.InvariantCulture) })
        {
            var job = await StartAsync(new BackgroundCommandRequest { Command = "(setsid sleep 543211 & echo $!); sleep 543212", Timeout = 600 });
            var child = int.Parse((await OutputUntilAsync(job.ProcessId, "\n")).Trim(), CultureInfo.InvariantCulture);
            var id = chooseId(job);

            var (status, answer) = await agent.SendAsync(
                new HttpMethod(method), path.Replace("{0}", id, StringComparison.Ordinal), body?.Replace("{0}", id, StringComparison.Ordinal));

            Assert.Equal((HttpStatusCode.OK, "killed", true), (status, Text(answer, "status"), answer.GetProperty("success").GetBoolean()));
            Assert.Equal(JobStatus.Killed, (await WaitAsync(job.ProcessId)).Status);
            await UntilAsync(() => Task.FromResult(ProcessTable.ReadEntry(child) is not { IsDead: false }));
            (status, answer) = await agent.SendAsync(
                new HttpMethod(method), path.Replace("{0}", job.ProcessId, StringComparison.Ordinal), body?.Replace("{0}", job.ProcessId, StringComparison.Ordinal));
            Assert.Equal((HttpStatusCode.OK, "killed"), (status, Text(answer, "status")));
        }

        await agent.AssertRefusedAsync(
            HttpStatusCode.NotFound, "PROCESS_NOT_FOUND", new HttpMethod(method), path.Replace("{0}", "proc_none", StringComparison.Ordinal), body?.Replace("{0}", "proc_none", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_process_that_is_no_job_is_killed_by_its_number_but_the_agent_is_not()
    {
        var result = await agent.RunAsync("sleep 543213 >/dev/null 2>&1 & echo $!");
        var process = int.Parse(result.Stdout, CultureInfo.InvariantCulture);
        Assert.Equal(HttpStatusCode.OK, (await agent.SendAsync(HttpMethod.Post, $"/execute/kill/{process}")).Status);
        await UntilAsync(() => Task.FromResult(ProcessTable.ReadEntry(process) is not { IsDead: false }));
        await agent.AssertRefusedAsync(HttpStatusCode.Forbidden, "FORBIDDEN", HttpMethod.Post, $"/execute/kill/{Environment.ProcessId}");
        await agent.AssertRefusedAsync(HttpStatusCode.Forbidden, "FORBIDDEN", HttpMethod.Post, "/execute/kill/1");
        await agent.AssertRefusedAsync(HttpStatusCode.BadRequest, "MISSING_PARAMETER", HttpMethod.Delete, "/execute/kill");
        await agent.AssertRefusedAsync(HttpStatusCode.NotFound, "PROCESS_NOT_FOUND", HttpMethod.Post, "/execute/kill/999999999");

        var run = agent.RunAsync("echo $$ > pid.tmp; mv pid.tmp pid; exec sleep 543214", timeout: 100);
        var file = Path.Combine(agent.Workdir, "pid");
        await UntilAsync(() => Task.FromResult(File.Exists(file)));
        var (status, _) = await agent.SendAsync(HttpMethod.Post, $"/execute/kill/{(await File.ReadAllTextAsync(file, Token)).Trim()}");
        Assert.Equal((HttpStatusCode.OK, 137), (status, (await run).ExitCode));
    }

    [Fact]
    public async Task Output_is_read_from_any_offset_while_the_job_runs_and_after()
    {
        var pipe = Path.Combine(agent.Home, "go");
        await agent.RunAsync($"mkfifo {pipe}");
        var job = await StartAsync(new BackgroundCommandRequest { Command = $"echo one; echo two >&2; cat {pipe}; echo 'drei €'; echo four >&2" });
        await OutputUntilAsync(job.ProcessId, "two");
        Assert.Equal("one\n", (await OutputAsync(job.ProcessId, "stream=stdout")).Data);
        Assert.Equal("two\n", (await OutputAsync(job.ProcessId, "stream=stderr")).Data);
        var so_far = await OutputAsync(job.ProcessId, "offset=4");
        Assert.Equal(("two\n", 8L, false), (so_far.Data, so_far.NextOffset, so_far.IsEnd));

        await File.WriteAllTextAsync(pipe, "", Token);
        await WaitAsync(job.ProcessId);
        Assert.Equal("one\ntwo\ndrei €\nfour\n", (await OutputAsync(job.ProcessId, "")).Data);
        var rest = await OutputAsync(job.ProcessId, $"offset={so_far.NextOffset}");
        Assert.Equal(("drei €\nfour\n", true, 22L), (rest.Data, rest.IsEnd, rest.TotalBytes));
        // The euro sign is three bytes, of which only two fit.
        var cut = await OutputAsync(job.ProcessId, "offset=8&limit=7");
        Assert.Equal(("drei ", 13L), (cut.Data, cut.NextOffset));
        Assert.Equal("4oKs", (await OutputAsync(job.ProcessId, "offset=13&limit=3&encoding=base64")).Data);
        Assert.Equal("one\ntwo\n", (await OutputAsync(job.ProcessId, "lines=2")).Data);
        Assert.Equal(("four\n", 17L), (await OutputAsync(job.ProcessId, "tail=1")) is var tail ? (tail.Data, tail.Offset) : default);
        Assert.Equal(("", 22L, true), (await OutputAsync(job.ProcessId, "offset=22")) is var end ? (end.Data, end.Offset, end.IsEnd) : default);
        foreach (var bad in new[] { "offset=23", "offset=-1", "stream=stdin", "limit=x", "encoding=utf-16", "lines=1e3" })
        {
            await agent.AssertRefusedAsync(HttpStatusCode.BadRequest, "INVALID_REQUEST", HttpMethod.Get, $"/jobs/{job.ProcessId}/output?{bad}");
        }
    }

    [Fact]
    public async Task Output_lies_in_files_that_the_sandbox_can_read()
    {
        var job = await StartAsync(new BackgroundCommandRequest { Command = "seq 1 100000" });
        var info = await WaitAsync(job.ProcessId);
        Assert.Equal(588_895, info.StdoutBytes);
        Assert.Equal("100000 100000\n", (await agent.RunAsync($"cd {info.OutputDirectory}; echo $(wc -l < stdout) $(tail -1 stdout)")).Stdout);
    }

    [Fact]
    public async Task A_job_can_be_typed_into_until_its_input_ends()
    {
        var job = await StartAsync(new BackgroundCommandRequest { Command = "while read line; do echo got $line; done; echo over", Interactive = true });
        await SendInputAsync(job.ProcessId, """{"data":"a\n"}""");
        await OutputUntilAsync(job.ProcessId, "got a\n");
        await SendInputAsync(job.ProcessId, """{"data":"Ygo=","encoding":"base64"}""");
        await OutputUntilAsync(job.ProcessId, "got b\n");
        await SendInputAsync(job.ProcessId, """{"data":"c\n","eof":true}""");
        Assert.Equal(JobStatus.Completed, (await WaitAsync(job.ProcessId)).Status);
        Assert.Equal("got a\ngot b\ngot c\nover\n", (await OutputAsync(job.ProcessId, "")).Data);

        await agent.AssertRefusedAsync(HttpStatusCode.Conflict, "CONFLICT", HttpMethod.Post, $"/jobs/{job.ProcessId}/input", """{"data":"late"}""");
        await agent.AssertRefusedAsync(HttpStatusCode.Conflict, "CONFLICT", HttpMethod.Post, $"/jobs/{job.ProcessId}/signal", """{"signal":"INT"}""");
        await agent.AssertRefusedAsync(HttpStatusCode.BadRequest, "MISSING_PARAMETER", HttpMethod.Post, $"/jobs/{job.ProcessId}/input", "{}");
        await agent.AssertRefusedAsync(HttpStatusCode.BadRequest, "INVALID_REQUEST", HttpMethod.Post, $"/jobs/{job.ProcessId}/input", """{"data":"!","encoding":"base64"}""");
    }

    [Fact]
    public async Task A_job_without_input_says_so()
    {
        var job = await StartAsync(new BackgroundCommandRequest { Command = "sleep 543215" });
        await agent.AssertRefusedAsync(HttpStatusCode.Conflict, "CONFLICT", HttpMethod.Post, $"/jobs/{job.ProcessId}/input", """{"data":"a"}""");
        await agent.AssertRefusedAsync(HttpStatusCode.Conflict, "CONFLICT", HttpMethod.Get, $"/jobs/{job.ProcessId}/result");
        await agent.SendAsync(HttpMethod.Delete, $"/jobs/{job.ProcessId}");
    }

    [Fact]
    public async Task A_signal_reaches_the_job()
    {
        var job = await StartAsync(new BackgroundCommandRequest { Command = "trap 'echo asked; exit 7' INT; echo ready; while :; do sleep 0.1; done" });
        await OutputUntilAsync(job.ProcessId, "ready");
        await agent.AssertRefusedAsync(HttpStatusCode.BadRequest, "INVALID_REQUEST", HttpMethod.Post, $"/jobs/{job.ProcessId}/signal", """{"signal":"NONSENSE"}""");
        await agent.AssertRefusedAsync(HttpStatusCode.BadRequest, "MISSING_PARAMETER", HttpMethod.Post, $"/jobs/{job.ProcessId}/signal", "{}");
        await agent.SendAsync(HttpMethod.Post, $"/jobs/{job.ProcessId}/signal", """{"signal":"SIGINT"}""");
        var info = await WaitAsync(job.ProcessId);
        Assert.Equal((JobStatus.Failed, 7), (info.Status, info.ExitCode));
        Assert.EndsWith("asked\n", (await OutputAsync(job.ProcessId, "")).Data, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Waiting_returns_at_the_end_or_when_the_time_is_up()
    {
        var job = await StartAsync(new BackgroundCommandRequest { Command = "sleep 543216" });
        var (_, body) = await agent.SendAsync(HttpMethod.Get, $"/jobs/{job.ProcessId}/wait?timeout=0.05");
        Assert.Equal("running", Text(body, "status"));
        await agent.AssertRefusedAsync(HttpStatusCode.BadRequest, "INVALID_REQUEST", HttpMethod.Get, $"/jobs/{job.ProcessId}/wait?timeout=soon");
        var waiting = agent.SendAsync(HttpMethod.Get, $"/jobs/{job.ProcessId}/wait?timeout=60");
        await agent.SendAsync(HttpMethod.Post, $"/execute/kill/{job.ProcessId}");
        Assert.Equal("killed", Text((await waiting).Body, "status"));
    }

    [Fact]
    public async Task A_job_s_time_is_limited()
    {
        var job = await StartAsync(new BackgroundCommandRequest { Command = "sleep 543217", Timeout = 0.2 });
        var info = await WaitAsync(job.ProcessId);
        Assert.Equal((JobStatus.Failed, RunOutcome.TimedOut, 124), (info.Status, info.Outcome, info.ExitCode));
    }

    [Fact]
    public async Task A_run_in_the_foreground_that_takes_long_goes_on_as_a_job()
    {
        var gate = Path.Combine(agent.Home, "gate");
        var (status, body) = await agent.SendAsync(
            HttpMethod.Post,
            "/execute",
            $$"""{"code":"import os, time\nprint('begun', flush=True)\nwhile not os.path.exists('{{gate}}'): time.sleep(0.01)\nprint('done')\n6 * 7","detach_after":0.5,"timeout":60}""");
        var answer = body.Deserialize(HopxJson.Default.ExecutionResult)!;
        Assert.Equal((HttpStatusCode.OK, "running", RunOutcome.Running, false), (status, answer.Status, answer.Outcome, answer.Success));
        Assert.Equal(answer.Stdout.Length, answer.OutputOffset);

        await File.WriteAllTextAsync(gate, "", Token);
        var info = await WaitAsync(answer.ProcessId!);
        Assert.Equal((JobStatus.Completed, "code"), (info.Status, info.Kind));
        Assert.StartsWith("begun\ndone\n", answer.Stdout + (await OutputAsync(answer.ProcessId!, $"offset={answer.OutputOffset}")).Data, StringComparison.Ordinal);
        (_, body) = await agent.SendAsync(HttpMethod.Get, $"/jobs/{answer.ProcessId}/result");
        var result = body.Deserialize(HopxJson.Default.ExecutionResult)!;
        Assert.Equal((true, "42", 0), (result.Success, result.Result, result.ExitCode));
        Assert.StartsWith("begun\ndone\n", result.Stdout, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_in_the_foreground_that_ends_in_time_is_no_job()
    {
        var (_, body) = await agent.SendAsync(HttpMethod.Post, "/commands/run", """{"command":"echo quick","detach_after":30,"interactive":true}""");
        var answer = body.Deserialize(HopxJson.Default.CommandResult)!;
        Assert.Equal(("quick\n", true, null, null), (answer.Stdout, answer.Success, answer.Status, answer.ProcessId));
        Assert.DoesNotContain(await ListAsync(), job => job.Command == "echo quick");
        (_, body) = await agent.SendAsync(HttpMethod.Post, "/commands/run", """{"command":"seq 1 100000","detach_after":30}""");
        Assert.Equal(588_895, Text(body, "stdout").Length);
        Assert.Empty(Directory.Exists(Path.Combine(agent.Home, "jobs")) ? Directory.GetDirectories(Path.Combine(agent.Home, "jobs")).Where(IsOrphan) : []);

        bool IsOrphan(string directory) => agent.SendAsync(HttpMethod.Get, $"/jobs/{Path.GetFileName(directory)}").Result.Status is HttpStatusCode.NotFound;
    }

    [Fact]
    public async Task A_command_that_detaches_at_once_goes_on_with_its_limit_of_time()
    {
        var (_, body) = await agent.SendAsync(HttpMethod.Post, "/commands/run", """{"command":"sleep 543218","detach_after":0,"timeout":0.5}""");
        var answer = body.Deserialize(HopxJson.Default.CommandResult)!;
        Assert.Equal(("running", "sleep 543218"), (answer.Status, answer.Command));
        Assert.Equal(RunOutcome.TimedOut, (await WaitAsync(answer.ProcessId!)).Outcome);
    }

    [Fact]
    public async Task The_oldest_ended_jobs_are_forgotten()
    {
        await using var small = new AgentFixture(new() { ["Jobs:KeptEndedJobs"] = "3" });
        await small.InitializeAsync();
        var ids = new List<string>();
        for (var i = 0; i < 6; i++)
        {
            var (_, started) = await small.SendAsync(HttpMethod.Post, "/commands/background", $$"""{"command":"echo {{i}}"}""");
            ids.Add(Text(started, "process_id"));
            await small.SendAsync(HttpMethod.Get, $"/jobs/{ids[i]}/wait");
        }

        await UntilAsync(async () => (await small.SendAsync(HttpMethod.Get, "/jobs")).Body.GetProperty("count").GetInt32() == 3);
        await small.AssertRefusedAsync(HttpStatusCode.NotFound, "PROCESS_NOT_FOUND", HttpMethod.Get, $"/jobs/{ids[2]}");
        Assert.Equal(ids[3..].Order(), Directory.GetDirectories(Path.Combine(small.Home, "jobs")).Select(Path.GetFileName).Order());
    }

    [Fact]
    public async Task A_job_writes_more_than_is_kept_and_ends_as_if_it_had_not()
    {
        await using var small = new AgentFixture(new() { ["Jobs:OutputLimitBytes"] = "1000000", ["Jobs:TotalOutputLimitBytes"] = "3000000" });
        await small.InitializeAsync();
        var (_, started) = await small.SendAsync(HttpMethod.Post, "/commands/background", """{"command":"yes 'a line of output' | head -c 30000000; echo; echo the end"}""");
        var id = Text(started, "process_id");
        var (_, body) = await small.SendAsync(HttpMethod.Get, $"/jobs/{id}/wait?timeout=60");
        Assert.Equal("completed", Text(body, "status"));
        (_, body) = await small.SendAsync(HttpMethod.Get, $"/jobs/{id}/output?tail=1");
        Assert.Equal("the end\n", Text(body, "data"));
        (_, body) = await small.SendAsync(HttpMethod.Get, $"/jobs/{id}/output?offset=10000000");
        Assert.True(body.GetProperty("omitted_bytes").GetInt64() > 15_000_000);
        Assert.True(new FileInfo(Path.Combine(small.Home, "jobs", id, "stdout")).Length == 30_000_009);
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    private static async Task UntilAsync(Func<Task<bool>> condition)
    {
        while (!await condition())
        {
            await Task.Delay(10, Token);
        }
    }

    private async Task<BackgroundRun> StartAsync(BackgroundCommandRequest request)
    {
        var (status, body) = await agent.SendAsync(HttpMethod.Post, "/commands/background", JsonSerializer.Serialize(request, HopxJson.Default.BackgroundCommandRequest));
        Assert.Equal(HttpStatusCode.OK, status);
        return body.Deserialize(HopxJson.Default.BackgroundRun)!;
    }

    private async Task<JobInfo> WaitAsync(string id)
    {
        while (true)
        {
            var (_, body) = await agent.SendAsync(HttpMethod.Get, $"/jobs/{id}/wait?timeout=30");
            var info = body.Deserialize(HopxJson.Default.JobInfo)!;
            if (info.HasEnded)
            {
                return info;
            }
        }
    }

    private async Task<IReadOnlyList<JobInfo>> ListAsync() =>
        (await agent.SendAsync(HttpMethod.Get, "/execute/processes")).Body.Deserialize(HopxJson.Default.ExecutionProcessList)!.Processes;

    private async Task<JobOutputPart> OutputAsync(string id, string query) =>
        (await agent.SendAsync(HttpMethod.Get, $"/jobs/{id}/output?{query}")).Body.Deserialize(HopxJson.Default.JobOutputPart)!;

    private async Task<string> OutputUntilAsync(string id, string text)
    {
        var output = "";
        await UntilAsync(async () => (output = (await OutputAsync(id, "")).Data).Contains(text, StringComparison.Ordinal));
        return output;
    }

    private async Task SendInputAsync(string id, string json) => Assert.Equal(HttpStatusCode.OK, (await agent.SendAsync(HttpMethod.Post, $"/jobs/{id}/input", json)).Status);
}
