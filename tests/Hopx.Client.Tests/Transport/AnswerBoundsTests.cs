using Hopx.Testing;

namespace Hopx.Client.Tests.Transport;

public sealed class AnswerBoundsTests : CloudTest
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task An_answer_without_end_is_cut_off(bool announced)
    {
        using var client = Cloud.CreateClient(options => options.MaxAnswerBytes = 1 << 20);
        var agent = client.Agent((await CreateSandboxAsync()).Id);
        Cloud.Answers.Add(HttpMethod.Post, "/execute", new PlannedAnswer
        {
            Status = 200,
            Headers = announced ? new Dictionary<string, string> { ["Content-Length"] = "99999999999" } : new Dictionary<string, string>(),
            WriteBody = async (stream, cancellationToken) =>
            {
                var chunk = new byte[64 * 1024];
                chunk.AsSpan().Fill((byte)' ');
                while (!cancellationToken.IsCancellationRequested)
                {
                    await stream.WriteAsync(chunk, cancellationToken);
                }
            },
        });

        var failure = await FailsAsync(() => agent.Execution.RunAsync(new ExecuteRequest { Code = "1" }, Token));

        Assert.Equal((HopxErrorCode.PayloadTooLarge, false), (failure.Code, failure.IsTransient));
        Assert.Contains("1048576 bytes", failure.Message, StringComparison.Ordinal);
        Assert.Contains("/execute", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("<html>")]
    [InlineData("""{"stdout":"without the required part"}""")]
    [InlineData("""{"success":"maybe"}""")]
    [InlineData("""{"success":true,"exit_code":99999999999}""")]
    [InlineData("""{"success":true,"stdout":{}}""")]
    [InlineData("""{"success":true,"stdout":"\ud800"}""")]
    [InlineData("""{"success":true,"rich_outputs":[{"type":"a","data":{"a":"\ud800"}}]}""")]
    [InlineData("""{"success":true,"rich_outputs":[{"type":"a","data":{"\ud800":"a"}}]}""")]
    public async Task An_answer_of_another_shape_is_called_so(string body)
    {
        var agent = await CreateAgentAsync();
        Cloud.Answers.Add(HttpMethod.Post, "/execute", PlannedAnswer.Json(body));

        var failure = await FailsAsync(() => agent.Execution.RunAsync(new ExecuteRequest { Code = "1" }, Token));

        Assert.Equal((HopxErrorCode.InternalError, 200), (failure.Code, failure.StatusCode));
        Assert.Contains("/execute", failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("application/json; charset=klingon")]
    [InlineData("text/plain")]
    [InlineData("application/octet-stream")]
    public async Task The_label_of_an_answer_does_not_matter(string contentType)
    {
        var agent = await CreateAgentAsync();
        Cloud.Answers.Add(HttpMethod.Post, "/execute", PlannedAnswer.Json("""{"success":true}""") with { ContentType = contentType });

        Assert.True((await agent.Execution.RunAsync(new ExecuteRequest { Code = "1" }, Token)).Success);
    }

    [Fact]
    public async Task A_required_part_that_is_null_is_not_passed_on()
    {
        var agent = await CreateAgentAsync();
        Cloud.Answers.Add(HttpMethod.Get, "/files/read", PlannedAnswer.Json("""{"content":null,"path":"/tmp/a"}"""));

        Assert.Equal(HopxErrorCode.InternalError, (await FailsAsync(() => agent.Files.ReadAsync("/tmp/a", Token))).Code);
    }

    [Fact]
    public async Task An_answer_that_does_not_come_ends_the_call_and_says_how_long_it_took()
    {
        using var client = Cloud.CreateClient(options => options.RequestTimeout = TimeSpan.FromMilliseconds(50));
        Cloud.Answers.Add(HttpMethod.Post, "/v1/sandboxes/*/pause", new PlannedAnswer { Until = Task.Delay(Timeout.Infinite, Token) });

        var failure = await FailsAsync(() => client.Sandboxes.PauseAsync("1", Token));

        Assert.Equal((HopxErrorCode.Unreachable, true), (failure.Code, failure.IsTransient));
        Assert.Contains("0.1 s", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_answer_that_trickles_ends_the_call_too()
    {
        using var client = Cloud.CreateClient(options => options.RequestTimeout = TimeSpan.FromMilliseconds(200));
        Cloud.Answers.Add(HttpMethod.Post, "/v1/sandboxes/*/pause", new PlannedAnswer
        {
            Status = 200,
            WriteBody = async (stream, cancellationToken) =>
            {
                await stream.WriteAsync("{"u8.ToArray(), cancellationToken);
                await stream.FlushAsync(cancellationToken);
                await Task.Delay(Timeout.Infinite, cancellationToken);
            },
        });

        Assert.Equal(HopxErrorCode.Unreachable, (await FailsAsync(() => client.Sandboxes.PauseAsync("1", Token))).Code);
    }

    [Fact]
    public async Task A_caller_who_leaves_ends_the_call_and_the_server_notices()
    {
        var agent = await CreateAgentAsync();
        var started = new TaskCompletionSource();
        var left = new TaskCompletionSource();
        Cloud.Execution = async (_, _, callerLeft) =>
        {
            started.SetResult();
            await using var registration = callerLeft.Register(left.SetResult);
            await Task.Delay(Timeout.Infinite, callerLeft);
            return new ExecutionResult { Success = true };
        };
        using var leaving = new CancellationTokenSource();
        var run = agent.Execution.RunAsync(new ExecuteRequest { Code = "while True: pass" }, leaving.Token);
        await started.Task.WaitAsync(Token);

        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => run);
        await left.Task.WaitAsync(Token);
    }

    [Fact]
    public async Task A_redirect_is_not_followed()
    {
        Cloud.Answers.Add(HttpMethod.Get, "/v1/templates", PlannedAnswer.Failure(302) with { Headers = new Dictionary<string, string> { ["Location"] = "/v1/sandboxes" } });

        Assert.Equal(302, (await FailsAsync(() => Client.Templates.ListAsync(cancellationToken: Token))).StatusCode);

        Assert.Single(Cloud.Requests.All);
    }

    [Fact]
    public async Task A_cloud_that_cannot_be_reached_is_named()
    {
        var url = Cloud.Url;
        await Cloud.DisposeAsync();

        var failure = await FailsAsync(() => Client.Templates.ListAsync("private", cancellationToken: Token));

        Assert.Equal((HopxErrorCode.Unreachable, true), (failure.Code, failure.IsTransient));
        Assert.Contains($"{url}v1/templates", failure.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("private", failure.Message, StringComparison.Ordinal);
    }
}
