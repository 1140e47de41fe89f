using Hopx.Testing;

namespace Hopx.Client.Tests.Transport;

public sealed class RetryTests : CloudTest
{
    [Theory]
    [InlineData(500)]
    [InlineData(502)]
    [InlineData(503)]
    [InlineData(504)]
    public async Task A_read_is_tried_again_after_a_server_fault(int status)
    {
        Cloud.Answers.Add(HttpMethod.Get, "/v1/templates", PlannedAnswer.Failure(status), times: 3);

        var page = await PassTimeUntilDoneAsync(Client.Templates.ListAsync(cancellationToken: Token));

        Assert.NotEmpty(page.Data!);
        Assert.Equal(4, Cloud.Requests.Count(HttpMethod.Get, "/v1/templates"));
    }

    [Fact]
    public async Task Trying_again_ends()
    {
        Cloud.Answers.Add(HttpMethod.Get, "/v1/templates", PlannedAnswer.Failure(503), times: 100);

        Assert.Equal(HopxErrorCode.ServiceUnavailable, (await FailsAsync(() => Client.Templates.ListAsync(cancellationToken: Token))).Code);

        Assert.Equal(4, Cloud.Requests.Count(HttpMethod.Get, "/v1/templates"));
    }

    [Fact]
    public async Task A_create_and_a_run_happen_once_whatever_the_server_says()
    {
        var agent = await CreateAgentAsync();
        Cloud.Requests.Clear();
        Cloud.Answers.Add(HttpMethod.Post, "/v1/sandboxes", PlannedAnswer.Failure(503), times: 100);
        Cloud.Answers.Add(HttpMethod.Post, "/execute", PlannedAnswer.Failure(503), times: 100);
        Cloud.Answers.Add(HttpMethod.Post, "/commands/run", PlannedAnswer.Drop(), times: 100);
        Cloud.Answers.Add(HttpMethod.Patch, "/env", PlannedAnswer.Failure(500), times: 100);

        Assert.Equal(HopxErrorCode.ServiceUnavailable, (await FailsAsync(CreateSandboxAsync)).Code);
        Assert.Equal(HopxErrorCode.ServiceUnavailable, (await FailsAsync(() => agent.Execution.RunAsync(new ExecuteRequest { Code = "1" }, Token))).Code);
        Assert.Equal(HopxErrorCode.Unreachable, (await FailsAsync(() => agent.Commands.RunAsync("true", Token))).Code);
        Assert.Equal(HopxErrorCode.InternalError, (await FailsAsync(() => agent.Environment.UpdateAsync(new Dictionary<string, string>(), Token))).Code);

        Assert.Equal(["POST /v1/sandboxes", "POST /execute", "POST /commands/run", "PATCH /env"], Cloud.Requests.All.Select(request => request.ToString()));
    }

    [Fact]
    public async Task A_lost_connection_is_tried_again_for_a_read()
    {
        Cloud.Answers.Add(HttpMethod.Get, "/v1/templates", PlannedAnswer.Drop(), times: 2);

        Assert.NotEmpty((await PassTimeUntilDoneAsync(Client.Templates.ListAsync(cancellationToken: Token))).Data!);
    }

    [Theory]
    [InlineData("GET")]
    [InlineData("POST")]
    public async Task Too_many_requests_are_repeated_when_the_server_says(string method)
    {
        var id = (await CreateSandboxAsync()).Id;
        var (route, call) = method is "GET"
            ? ("/v1/sandboxes/*", (Func<Task>)(() => Client.Sandboxes.GetAsync(id, Token)))
            : ("/v1/sandboxes/*/pause", () => Client.Sandboxes.PauseAsync(id, Token));
        Cloud.Answers.Add(new HttpMethod(method), route, PlannedAnswer.Failure(429) with { Headers = new Dictionary<string, string> { ["Retry-After"] = "20" } });

        await PassTimeUntilDoneAsync(call());

        var requests = Cloud.Requests.Of(new HttpMethod(method), route);
        Assert.Equal(2, requests.Count);
        Assert.InRange(requests[1].ArrivedAt - requests[0].ArrivedAt, TimeSpan.FromSeconds(20), TimeSpan.FromSeconds(25));
    }

    [Fact]
    public async Task A_wait_that_is_too_long_is_the_callers_choice()
    {
        Cloud.Answers.Add(HttpMethod.Get, "/v1/templates", PlannedAnswer.Failure(429) with { Headers = new Dictionary<string, string> { ["Retry-After"] = "3600" } });

        var failure = await FailsAsync(() => Client.Templates.ListAsync(cancellationToken: Token));

        Assert.Equal((HopxErrorCode.RateLimitExceeded, TimeSpan.FromHours(1)), (failure.Code, failure.RetryAfter));
        Assert.Single(Cloud.Requests.All);
    }

    [Fact]
    public async Task Nothing_is_tried_again_when_that_is_switched_off()
    {
        using var client = Cloud.CreateClient(options => options.MaxRetries = 0);
        Cloud.Answers.Add(HttpMethod.Get, "/v1/templates", PlannedAnswer.Failure(503));

        await FailsAsync(() => client.Templates.ListAsync(cancellationToken: Token));

        Assert.Single(Cloud.Requests.All);
    }

    [Fact]
    public async Task A_caller_who_leaves_ends_the_waiting()
    {
        using var leaving = new CancellationTokenSource();
        Cloud.Answers.Add(HttpMethod.Get, "/v1/templates", PlannedAnswer.Failure(503), times: 100);
        var call = Client.Templates.ListAsync(cancellationToken: leaving.Token);
        while (Cloud.Requests.All.Count == 0)
        {
            await Task.Yield();
        }

        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
    }
}
