using Hopx.Testing;

namespace Hopx.Client.Tests.Transport;

public sealed class SecretTests : CloudTest
{
    [Fact]
    public async Task A_key_that_the_service_repeats_is_blotted_out()
    {
        Cloud.Answers.Add(HttpMethod.Get, "/v1/templates", PlannedAnswer.Failure(401, $$"""{"error":"Bad key {{Cloud.ApiKey}}!","code":"INVALID_TOKEN"}"""));

        var failure = await FailsAsync(() => Client.Templates.ListAsync(cancellationToken: Token));

        Assert.DoesNotContain(Cloud.ApiKey, failure.ToString(), StringComparison.Ordinal);
        Assert.Equal("Bad key ***!", failure.Message);
    }

    [Fact]
    public async Task A_token_that_the_agent_repeats_is_blotted_out()
    {
        var sandbox = await CreateSandboxAsync();
        Cloud.Answers.Add(HttpMethod.Post, "/execute", PlannedAnswer.Failure(400, $$"""{"error":"{{sandbox.AuthToken}}"}"""));

        var failure = await FailsAsync(() => Client.Agent(sandbox.Id).Execution.RunAsync(new ExecuteRequest { Code = "1" }, Token));

        Assert.DoesNotContain(sandbox.AuthToken!, failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task No_failure_of_the_transport_tells_a_secret()
    {
        var sandbox = await CreateSandboxAsync();
        await Cloud.DisposeAsync();

        foreach (var call in new Func<Task>[] { CreateSandboxAsync, () => Client.Agent(sandbox.Id).Execution.RunAsync(new ExecuteRequest { Code = "1" }, Token) })
        {
            var failure = await FailsAsync(call);
            Assert.DoesNotContain(Cloud.ApiKey, failure.ToString(), StringComparison.Ordinal);
            Assert.DoesNotContain(sandbox.AuthToken!, failure.ToString(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("hopx_live_secret\n")]
    [InlineData("hopx_live_secret\r\nX-Evil: 1")]
    [InlineData("hopx_live_sécret")]
    [InlineData("\"hopx_live_secret\" ")]
    public void A_key_that_cannot_stand_in_a_header_is_refused_without_being_told(string key)
    {
        var failure = Assert.Throws<HopxException>(() => new HopxClient(new HopxClientOptions { ApiKey = key }));

        Assert.Equal(HopxErrorCode.InvalidConfiguration, failure.Code);
        Assert.DoesNotContain("hopx_live", failure.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_key_stays_away_from_agents()
    {
        var agent = await CreateAgentAsync();

        await agent.Files.ListAsync(cancellationToken: Token);

        var request = Cloud.Requests.All.Single(request => request.Plane is FakePlane.Agent);
        Assert.DoesNotContain(Cloud.ApiKey, string.Join('\n', request.Headers.Values), StringComparison.Ordinal);
    }

    [Fact]
    public void A_proxy_never_sees_what_stays_on_this_machine()
    {
        var proxy = new LoopbackBypassingProxy(new System.Net.WebProxy("http://proxy.example:3128"));

        Assert.True(proxy.IsBypassed(new Uri("http://127.0.0.1:41207/execute")));
        Assert.True(proxy.IsBypassed(new Uri("http://localhost:41207/execute")));
        Assert.True(proxy.IsBypassed(new Uri("http://[::1]:41207/execute")));
        Assert.False(proxy.IsBypassed(HopxClientOptions.CloudUrl));
        Assert.Equal(new Uri("http://proxy.example:3128"), proxy.GetProxy(HopxClientOptions.CloudUrl));
    }
}
