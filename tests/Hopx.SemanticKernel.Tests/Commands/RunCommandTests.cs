using Hopx.Client;

namespace Hopx.SemanticKernel.Tests.Commands;

public sealed class RunCommandTests : FunctionTest
{
    [Fact]
    public async Task A_line_runs_where_and_as_long_as_asked()
    {
        Cloud.OnCommand(_ => new CommandResult { Success = true, Stdout = "a.txt\n", ExecutionTime = 1 });
        await CallAsync("run_code", ("code", "1"));

        var text = await CallForTextAsync("run_command", ("command", "ls | cat"), ("working_directory", "/tmp"), ("timeout_seconds", 9));

        Assert.Equal("stdout:\na.txt\nexit code 0, 1 s", text);
        Assert.Equal("""{"command":"ls | cat","timeout":9,"workdir":"/tmp"}""", Cloud.Requests.Of(HttpMethod.Post, "/commands/run").Single().BodyText);
    }

    [Fact]
    public async Task A_command_that_fails_is_told_with_its_exit_code()
    {
        Cloud.OnCommand(_ => new CommandResult { Success = false, Stderr = "no such file", ExitCode = 2, Outcome = RunOutcome.Failed });

        Assert.Contains("stderr:\nno such file\nexit code 2", await CallForTextAsync("run_command", ("command", "cat x")), StringComparison.Ordinal);
    }
}
