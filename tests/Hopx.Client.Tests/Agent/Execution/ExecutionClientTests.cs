using System.Text.Json;
using Hopx.Testing;

namespace Hopx.Client.Tests.Agent.Execution;

public sealed class ExecutionClientTests : CloudTest
{
    [Fact]
    public async Task Running_code_sends_all_that_was_asked_for()
    {
        var agent = await CreateAgentAsync();

        await agent.Execution.RunAsync(
            new ExecuteRequest { Code = "print(1)", Language = "python", Timeout = 1.5, Workdir = "/tmp", Env = new Dictionary<string, string> { ["A"] = "b" } }, Token);

        Assert.Equal(
            """{"code":"print(1)","language":"python","timeout":1.5,"workdir":"/tmp","env":{"A":"b"}}""",
            Cloud.Requests.Of(HttpMethod.Post, "/execute").Single().BodyText);
    }

    [Fact]
    public async Task Code_that_fails_is_an_answer()
    {
        Cloud.OnExecute(_ => new ExecutionResult { Success = false, ExitCode = 124, Stderr = "time is up", Outcome = RunOutcome.TimedOut });
        var agent = await CreateAgentAsync();

        var result = await agent.Execution.RunAsync(new ExecuteRequest { Code = "while True: pass" }, Token);

        Assert.Equal((false, 124, "time is up", RunOutcome.TimedOut), (result.Success, result.ExitCode, result.Stderr, result.Outcome));
    }

    [Fact]
    public async Task Rich_output_arrives_whole()
    {
        Cloud.OnExecute(_ => new ExecutionResult
        {
            Success = true,
            Png = "iVBORw0KGgo=",
            Result = "42",
            Json = JsonSerializer.SerializeToElement(new Dictionary<string, string> { ["k"] = "v" }, HopxJson.Default.DictionaryStringString),
            RichOutputs = [new RichOutput { Type = "text/html", Data = new Dictionary<string, string> { ["text/html"] = "<b>1</b>" } }],
        });
        var agent = await CreateAgentAsync();

        var result = await agent.Execution.RunAsync(new ExecuteRequest { Code = "plot()" }, Token);

        Assert.Equal(("iVBORw0KGgo=", "42", "v"), (result.Png, result.Result, result.Json?.GetProperty("k").GetString()));
        Assert.Equal("<b>1</b>", Assert.Single(result.RichOutputs!).Data["text/html"]);
    }

    [Fact]
    public async Task Rich_output_that_is_no_text_does_not_cost_the_answer()
    {
        Cloud.Answers.Add(HttpMethod.Post, "/execute", PlannedAnswer.Json(
            """{"success":true,"stdout":"done","rich_outputs":[{"type":"application/json","data":{"application/json":{"a":[1]},"text/plain":"x","n":null}}]}"""));
        var agent = await CreateAgentAsync();

        var result = await agent.Execution.RunAsync(new ExecuteRequest { Code = "1" }, Token);

        Assert.Equal("done", result.Stdout);
        Assert.Equal("""{"a":[1]}""", result.RichOutputs!.Single().Data["application/json"]);
        Assert.False(result.RichOutputs!.Single().Data.ContainsKey("n"));
    }

    [Theory]
    [InlineData("""{"success":true}""")]
    [InlineData("""{"success":true,"stdout":null,"stderr":null,"png":null,"rich_outputs":null}""")]
    public async Task Output_that_is_left_out_is_empty(string answer)
    {
        Cloud.Answers.Add(HttpMethod.Post, "/execute", PlannedAnswer.Json(answer));
        Cloud.Answers.Add(HttpMethod.Post, "/commands/run", PlannedAnswer.Json(answer));
        var agent = await CreateAgentAsync();

        var result = await agent.Execution.RunAsync(new ExecuteRequest { Code = "1" }, Token);
        var command = await agent.Commands.RunAsync("true", Token);

        Assert.Equal(("", "", "", ""), (result.Stdout, result.Stderr, command.Stdout, command.Stderr));
    }

    [Fact]
    public async Task Missing_code_is_refused_by_the_agent()
    {
        var agent = await CreateAgentAsync();

        Assert.Equal(HopxErrorCode.MissingParameter, (await FailsAsync(() => agent.Execution.RunAsync(new ExecuteRequest(), Token))).Code);
    }

    [Theory]
    [InlineData(double.NaN)]
    [InlineData(double.PositiveInfinity)]
    [InlineData(-1)]
    public async Task A_timeout_that_is_no_time_is_refused(double timeout)
    {
        var agent = await CreateAgentAsync();

        var failure = await FailsAsync(() => agent.Execution.RunAsync(new ExecuteRequest { Code = "1", Timeout = timeout }, Token));

        Assert.Equal(HopxErrorCode.InvalidRequest, failure.Code);
        Assert.Empty(Cloud.Requests.Of(HttpMethod.Post, "/execute"));
    }

    [Fact]
    public async Task A_very_long_timeout_is_the_agents_business()
    {
        var agent = await CreateAgentAsync();

        Assert.True((await agent.Execution.RunAsync(new ExecuteRequest { Code = "1", Timeout = 1e15 }, Token)).Success);
    }
}
