namespace Hopx.Client.Tests.Agent.Commands;

public sealed class CommandsClientTests : CloudTest
{
    [Fact]
    public async Task A_line_goes_to_the_shell_as_it_is()
    {
        Cloud.OnCommand(request => new CommandResult { Success = true, Stdout = "got " + request.Command, Pid = 77 });
        var agent = await CreateAgentAsync();

        var result = await agent.Commands.RunAsync("ls -l | wc", Token);

        Assert.Equal(("got ls -l | wc", 77), (result.Stdout, result.Pid));
        Assert.Equal("""{"command":"ls -l | wc"}""", Cloud.Requests.Of(HttpMethod.Post, "/commands/run").Single().BodyText);
    }

    [Fact]
    public async Task A_program_is_started_with_its_arguments()
    {
        var agent = await CreateAgentAsync();

        await agent.Commands.RunAsync(new CommandRequest { Command = "git", Args = ["log", "-1"], Timeout = 5, Workdir = "/workspace" }, Token);

        Assert.Equal(
            """{"command":"git","args":["log","-1"],"timeout":5,"workdir":"/workspace"}""", Cloud.Requests.Of(HttpMethod.Post, "/commands/run").Single().BodyText);
    }

    [Fact]
    public async Task A_command_that_fails_is_an_answer()
    {
        Cloud.OnCommand(_ => new CommandResult { Success = false, ExitCode = 127, Outcome = RunOutcome.CouldNotStart });
        var agent = await CreateAgentAsync();

        var result = await agent.Commands.RunAsync("nope", Token);

        Assert.Equal((127, RunOutcome.CouldNotStart), (result.ExitCode, result.Outcome));
    }

    [Fact]
    public async Task A_timeout_that_is_no_time_is_refused()
    {
        var agent = await CreateAgentAsync();

        Assert.Equal(
            HopxErrorCode.InvalidRequest, (await FailsAsync(() => agent.Commands.RunAsync(new CommandRequest { Command = "a", Timeout = double.NaN }, Token))).Code);
    }
}
