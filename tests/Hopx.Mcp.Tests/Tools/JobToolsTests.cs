using Hopx.Client;
using Hopx.Testing;
using Microsoft.Extensions.Time.Testing;
using ModelContextProtocol;

namespace Hopx.Mcp.Tests.Tools;

public sealed class JobToolsTests : CloudTest
{
    private const string Id = "proc_1";

    [Fact]
    public async Task A_job_that_does_not_exist_is_told_with_the_way_to_those_there_are()
    {
        await using var mcp = await StartWithSandboxAsync();

        var text = (await mcp.CallAsync("job", new { conversation = "c", action = "wait", job_id = "proc_nobody" }, Stop)).Failed();

        Assert.Contains("proc_nobody", text, StringComparison.Ordinal);
        Assert.Contains("job with action list", text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"action":"wait"}""", "job_id is missing")]
    [InlineData("""{"action":"input","job_id":"proc_1"}""", "give text, end_of_input")]
    [InlineData("""{"action":"kill","job_id":"proc_1","text":"x"}""", "are for action input")]
    [InlineData("""{"action":"output","job_id":"proc_1","offset":-1}""", "begins at 0")]
    public async Task Arguments_that_do_not_fit_together_are_refused(string arguments, string sentence)
    {
        await using var mcp = await StartWithSandboxAsync();

        Assert.Contains(sentence, (await mcp.CallAsync("job", System.Text.Json.JsonSerializer.Deserialize<Dictionary<string, object?>>(arguments)!, Stop)).Failed(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_run_that_outlives_its_call_answers_with_what_there_is_and_the_job()
    {
        Cloud.OnCommand(request => new CommandResult { Success = false, Outcome = RunOutcome.Running, Status = "running", ProcessId = Id, Stdout = "half\n", OutputOffset = 5, ExecutionTime = request.DetachAfter!.Value });
        var time = new FakeTimeProvider();
        await using var mcp = await McpHarness.StartAsync(Cloud, time: time);
        Cloud.Execution = (sandbox, _, _) =>
        {
            var job = sandbox.Jobs[Id] = new FakeJob(new JobInfo { ProcessId = Id, Status = JobStatus.Running }) { OnWait = _ => time.Advance(TimeSpan.FromSeconds(20)) };
            job.Print("half\n");
            return Task.FromResult(new ExecutionResult { Success = true });
        };
        (await mcp.CallAsync("run_code", new { conversation = "c", code = "1" }, Stop)).Succeeded();

        var run = (await mcp.CallAsync("run_command", new { conversation = "c", command = "make" }, Stop)).Succeeded();

        Assert.Contains("Still running after", run.Text(), StringComparison.Ordinal);
        Assert.Contains("half", run.Text(), StringComparison.Ordinal);
        Assert.Equal(Id, run.Fact("job_id"));
        Assert.Equal("running", run.Fact("outcome"));
    }

    [Fact]
    public async Task A_run_that_asks_a_question_is_reported_with_it_and_can_be_answered()
    {
        Cloud.Command = (sandbox, _, _) =>
        {
            var wait = new InputWait { Prompt = "Name: ", Source = "stdin", Pid = 7, ProcessName = "ask" };
            var job = sandbox.Jobs[Id] = new FakeJob(new JobInfo { ProcessId = Id, Status = JobStatus.WaitingForInput, WaitingForInput = wait });
            job.Print("Name: ");
            job.OnInput = asked =>
            {
                asked.Print("Hello Ada\n");
                asked.Info = asked.Info with { Status = JobStatus.Completed, ExitCode = 0, Outcome = RunOutcome.Completed, WaitingForInput = null };
            };
            return Task.FromResult(new CommandResult { Success = false, Outcome = RunOutcome.Running, Status = "running", ProcessId = Id, Stdout = "Name: ", WaitingForInput = wait });
        };
        await using var mcp = await McpHarness.StartAsync(Cloud);

        var asked = (await mcp.CallAsync("run_command", new { conversation = "c", command = "ask" }, Stop)).Succeeded();
        var answered = (await mcp.CallAsync("job", new { conversation = "c", action = "input", job_id = Id, text = "Ada", offset = 6 }, Stop)).Succeeded();

        Assert.Contains("'ask' (process 7) waits for input from its standard input after printing \"Name:\"", asked.Text(), StringComparison.Ordinal);
        Assert.Equal("Name: ", asked.Fact("waiting_for") + " ");
        Assert.Equal(["Ada\n"], Assert.Single(Cloud.Sandboxes).Jobs[Id].Typed);
        Assert.Contains("ended well", answered.Text(), StringComparison.Ordinal);
        Assert.Equal("Hello Ada\n", answered.Fact("output"));
    }

    [Fact]
    public async Task A_client_that_listens_hears_what_a_job_prints_and_gets_its_end()
    {
        Cloud.Execution = (sandbox, request, _) =>
        {
            Assert.Equal(1, request.DetachAfter);
            var job = sandbox.Jobs[Id] = new FakeJob(new JobInfo { ProcessId = Id, Status = JobStatus.Running }) { Result = new ExecutionResult { Success = true, Outcome = RunOutcome.Completed, Stdout = "all of it" } };
            job.Print("step 1");
            var waits = 0;
            job.OnWait = waiting => waiting.Info = waits++ < 2 ? waiting.Info : waiting.Info with { Status = JobStatus.Completed };
            return Task.FromResult(new ExecutionResult { Success = false, Outcome = RunOutcome.Running, Status = "running", ProcessId = Id });
        };
        await using var mcp = await McpHarness.StartAsync(Cloud, options => options.ProgressInterval = TimeSpan.FromSeconds(1));

        var run = await mcp.Client.CallToolAsync("run_code", new Dictionary<string, object?> { ["code"] = "1", ["conversation"] = "c" }, new Progress<ProgressNotificationValue>(), cancellationToken: Stop);

        Assert.Contains("all of it", run.Succeeded().Text(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Jobs_are_listed_and_killed()
    {
        await using var mcp = await StartWithSandboxAsync();

        var list = (await mcp.CallAsync("job", new { conversation = "c", action = "list" }, Stop)).Succeeded();
        var killed = (await mcp.CallAsync("job", new { conversation = "c", action = "kill", job_id = Id }, Stop)).Succeeded();

        Assert.Contains($"{Id}: running", list.Text(), StringComparison.Ordinal);
        Assert.Contains("was killed", killed.Text(), StringComparison.Ordinal);
    }

    private async Task<McpHarness> StartWithSandboxAsync()
    {
        Cloud.Execution = (sandbox, _, _) =>
        {
            sandbox.Jobs[Id] = new FakeJob(new JobInfo { ProcessId = Id, Status = JobStatus.Running, Command = "sleep 9" });
            return Task.FromResult(new ExecutionResult { Success = true });
        };
        var mcp = await McpHarness.StartAsync(Cloud);
        (await mcp.CallAsync("run_code", new { conversation = "c", code = "1" }, Stop)).Succeeded();
        return mcp;
    }
}
