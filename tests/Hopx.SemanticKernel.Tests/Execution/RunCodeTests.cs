using Hopx.Client;
using Microsoft.Extensions.AI;

namespace Hopx.SemanticKernel.Tests.Execution;

public sealed class RunCodeTests : FunctionTest
{
    protected override HopxFunctionOptions Options { get; } = new() { MaxOutputCharacters = 500, MaxPictures = 2, MaxPictureBytes = 1 << 10, MaxRunTime = TimeSpan.FromMinutes(2) };

    [Fact]
    public async Task Output_errors_and_the_last_value_are_told()
    {
        Cloud.OnExecute(_ => new ExecutionResult { Success = false, ExitCode = 1, Stdout = "one\n", Stderr = "boom\n", Result = "42", ExecutionTime = 0.021, Outcome = RunOutcome.Failed });
        await CallForTextAsync("run_command", ("command", "true"));

        Assert.Equal("stdout:\none\nstderr:\nboom\nresult:\n42\nexit code 1, 0.02 s", await CallForTextAsync("run_code", ("code", "x")));
    }

    [Fact]
    public async Task Code_language_and_time_reach_the_agent()
    {
        await CallAsync("run_code", ("code", "console.log(1)"), ("language", "javascript"), ("timeout_seconds", 5.5));

        Assert.Equal("""{"code":"console.log(1)","language":"javascript","timeout":5.5}""", Cloud.Requests.Of(HttpMethod.Post, "/execute").Single().BodyText);
    }

    [Fact]
    public async Task A_run_cannot_be_asked_to_take_longer_than_allowed()
    {
        await CallAsync("run_code", ("code", "1"), ("timeout_seconds", 86_400));

        Assert.Contains("\"timeout\":120", Cloud.Requests.Of(HttpMethod.Post, "/execute").Single().BodyText, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(RunOutcome.TimedOut, 124, "time was up")]
    [InlineData(RunOutcome.OutOfMemory, 137, "memory of the sandbox was used up")]
    [InlineData(RunOutcome.Killed, 139, "exit code 139")]
    [InlineData(RunOutcome.CouldNotStart, 127, "Could not be started")]
    [InlineData(RunOutcome.Unknown, 3, "exit code 3")]
    public async Task The_way_a_run_ended_is_told(RunOutcome outcome, int exitCode, string told)
    {
        Cloud.OnExecute(_ => new ExecutionResult { Success = false, Outcome = outcome, ExitCode = exitCode });

        Assert.Contains(told, await CallForTextAsync("run_code", ("code", "x")), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(60, "ask for more with timeout_seconds")]
    [InlineData(600, "more is not allowed")]
    public async Task More_time_is_offered_only_where_there_is_more(double seconds, string told)
    {
        Cloud.OnExecute(_ => new ExecutionResult { Success = false, Outcome = RunOutcome.TimedOut, ExitCode = 124 });

        Assert.Contains(told, await CallForTextAsync("run_code", ("code", "x"), ("timeout_seconds", seconds)), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Long_output_keeps_its_beginning_and_its_end()
    {
        Cloud.OnExecute(_ => new ExecutionResult { Success = true, Stdout = "first" + new string('x', 1_000_000) + "last", StdoutOmittedBytes = 7 });

        var text = await CallForTextAsync("run_code", ("code", "x"));

        Assert.InRange(text.Length, 500, 900);
        Assert.StartsWith("stdout:\nfirst", text, StringComparison.Ordinal);
        Assert.Contains("999509 of 1000009 characters cut", text, StringComparison.Ordinal);
        Assert.Contains("last\n[7 bytes in the middle of stdout were too much to keep]", text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Pictures_stand_beside_the_text()
    {
        Cloud.OnExecute(_ => new ExecutionResult { Success = true, Stdout = "drawn", Png = Pictures.Png, RichOutputs = [Rich("image/gif", Pictures.Gif), Rich("text/html", "<b>"), Rich("image/png", Pictures.Png)] });

        var contents = Assert.IsType<List<AIContent>>(await CallAsync("run_code", ("code", "plot()")));

        Assert.Contains("stdout:\ndrawn\n[2 pictures]", Assert.IsType<TextContent>(contents[0]).Text, StringComparison.Ordinal);
        Assert.Equal(["image/gif", "image/png"], contents.Skip(1).Select(content => Assert.IsType<DataContent>(content).MediaType));
        Assert.Equal(Convert.FromBase64String(Pictures.Png), ((DataContent)contents[2]).Data);
    }

    [Fact]
    public async Task The_only_picture_may_come_without_a_list()
    {
        Cloud.OnExecute(_ => new ExecutionResult { Success = true, Png = Pictures.Png });

        Assert.Equal(2, Assert.IsType<List<AIContent>>(await CallAsync("run_code", ("code", "plot()"))).Count);
    }

    [Fact]
    public async Task What_is_no_picture_or_too_much_is_left_out_and_said()
    {
        Cloud.OnExecute(_ => new ExecutionResult
        {
            Success = true,
            RichOutputs =
            [
                Rich("image/png", Convert.ToBase64String("<script>"u8)), Rich("image/png", "not base64!"), Rich("image/png", ""), Rich("image/png", new string('A', 4000)),
                Rich("image/jpeg", Pictures.Png), Rich("image/png", Pictures.Png), Rich("image/png", Pictures.Png), Rich("image/png", Pictures.Png),
            ],
        });

        var contents = Assert.IsType<List<AIContent>>(await CallAsync("run_code", ("code", "plot()")));

        var text = ((TextContent)contents[0]).Text;
        Assert.Equal(["image/png", "image/png"], contents.Skip(1).Select(content => ((DataContent)content).MediaType));
        Assert.Contains("[a picture left out: its content is no PNG, JPEG, GIF or WebP]", text, StringComparison.Ordinal);
        Assert.Contains("[a picture of about 3000 bytes left out: draw it smaller]", text, StringComparison.Ordinal);
        Assert.Contains("[2 more pictures left out: draw fewer at a time]", text, StringComparison.Ordinal);
    }

    private static RichOutput Rich(string type, string content) => new() { Type = type, Data = new Dictionary<string, string> { [type] = content } };
}
