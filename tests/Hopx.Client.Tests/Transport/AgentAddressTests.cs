using Hopx.Testing;

namespace Hopx.Client.Tests.Transport;

public sealed class AgentAddressTests : CloudTest
{
    [Fact]
    public async Task The_token_from_the_create_is_used_while_it_is_fresh()
    {
        var agent = await CreateAgentAsync();

        await agent.Files.ListAsync(cancellationToken: Token);
        Time.Advance(TimeSpan.FromHours(22));
        await agent.Files.ListAsync(cancellationToken: Token);

        Assert.Equal(0, Cloud.Requests.Count(HttpMethod.Post, "/v1/sandboxes/*/token/refresh"));
    }

    [Fact]
    public async Task A_token_with_less_than_an_hour_left_is_renewed_first()
    {
        var agent = await CreateAgentAsync();
        Time.Advance(TimeSpan.FromHours(23) + TimeSpan.FromSeconds(1));

        await agent.Files.ListAsync(cancellationToken: Token);
        await agent.Files.ListAsync(cancellationToken: Token);

        Assert.Equal(1, Cloud.Requests.Count(HttpMethod.Post, "/v1/sandboxes/*/token/refresh"));
        Assert.Equal(0, Cloud.Requests.Count(HttpMethod.Get, "/v1/sandboxes/*"));
    }

    [Fact]
    public async Task A_sandbox_that_another_client_made_is_found_by_its_identifier()
    {
        var id = (await CreateSandboxAsync()).Id;
        using var other = Cloud.CreateClient();

        await other.Agent(id).Files.ListAsync(cancellationToken: Token);

        Assert.Equal(1, Cloud.Requests.Count(HttpMethod.Get, "/v1/sandboxes/*"));
        Assert.Equal(1, Cloud.Requests.Count(HttpMethod.Post, "/v1/sandboxes/*/token/refresh"));
    }

    [Fact]
    public async Task A_refused_token_is_renewed_once_and_the_call_repeated()
    {
        var agent = await CreateAgentAsync();
        Cloud.Sandboxes.Single().RevokeTokens();

        Assert.True((await agent.Execution.RunAsync(new ExecuteRequest { Code = "1" }, Token)).Success);

        var runs = Cloud.Requests.Of(HttpMethod.Post, "/execute");
        Assert.Equal(2, runs.Count);
        Assert.NotEqual(runs[0].Header("Authorization"), runs[1].Header("Authorization"));
        Assert.Equal(runs[0].BodyText, runs[1].BodyText);
    }

    [Fact]
    public async Task A_token_that_stays_refused_is_an_error()
    {
        var agent = await CreateAgentAsync();
        Cloud.Answers.Add(HttpMethod.Post, "/execute", PlannedAnswer.Failure(401, """{"error":"no","code":"TOKEN_INVALID"}"""), times: 100);

        Assert.Equal(HopxErrorCode.TokenInvalid, (await FailsAsync(() => agent.Execution.RunAsync(new ExecuteRequest { Code = "1" }, Token))).Code);

        Assert.Equal(2, Cloud.Requests.Count(HttpMethod.Post, "/execute"));
        Assert.Equal(1, Cloud.Requests.Count(HttpMethod.Post, "/v1/sandboxes/*/token/refresh"));
    }

    [Fact]
    public async Task An_agent_that_moved_is_found_again_at_once()
    {
        var agent = await CreateAgentAsync();
        await agent.Files.ListAsync(cancellationToken: Token);
        await Cloud.Sandboxes.Single().MoveAgentAsync(Token);

        // The clock stands still: a wait before the second try would never end.
        await agent.Files.ListAsync(cancellationToken: Token);
        await Cloud.Sandboxes.Single().MoveAgentAsync(Token);
        Assert.True((await agent.Execution.RunAsync(new ExecuteRequest { Code = "1" }, Token)).Success);
    }

    [Fact]
    public async Task An_agent_of_a_deleted_sandbox_is_reported_as_a_missing_sandbox()
    {
        var sandbox = await CreateSandboxAsync();
        using var other = Cloud.CreateClient();
        await other.Sandboxes.DeleteAsync(sandbox.Id, Token);

        var failure = await FailsAsync(() => Client.Agent(sandbox.Id).Execution.RunAsync(new ExecuteRequest { Code = "1" }, Token));

        Assert.True(failure.MeansSandboxGone);
        Assert.Contains(sandbox.Id, failure.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"id":"1","status":"creating"}""")]
    [InlineData("""{"id":"1","status":"creating","public_host":""}""")]
    [InlineData("""{"id":"1","status":"creating","public_host":"/"}""")]
    [InlineData("""{"id":"1","status":"creating","public_host":"file:///etc/passwd"}""")]
    [InlineData("""{"id":"1","status":"creating","public_host":"localhost:4000"}""")]
    public async Task A_sandbox_without_a_usable_address_is_not_asked(string sandbox)
    {
        Cloud.Answers.Add(HttpMethod.Get, "/v1/sandboxes/*", PlannedAnswer.Json(sandbox));

        var failure = await FailsAsync(() => Client.Agent("1").Files.ListAsync(cancellationToken: Token));

        Assert.Equal(HopxErrorCode.SandboxNotRunning, failure.Code);
        Assert.Contains("creating", failure.Message, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task The_direct_address_stands_in_for_an_empty_public_one()
    {
        var id = (await CreateSandboxAsync()).Id;
        using var other = Cloud.CreateClient();
        Cloud.Answers.Add(HttpMethod.Get, "/v1/sandboxes/*", PlannedAnswer.Json(
            $$"""{"id":"{{id}}","status":"running","public_host":"","direct_url":"{{Cloud.Sandboxes.Single().AgentUrl}}"}"""));

        Assert.NotNull(await other.Agent(id).Files.ListAsync(cancellationToken: Token));
    }

    [Fact]
    public async Task A_create_without_a_token_is_enough_to_work_with()
    {
        var created = await CreateSandboxAsync();
        Cloud.Answers.Add(HttpMethod.Post, "/v1/sandboxes", PlannedAnswer.Json(
            $$"""{"id":"{{created.Id}}","status":"running","public_host":"{{created.PublicHost}}/"}""", 201));

        var again = await CreateSandboxAsync();

        Assert.NotNull(await Client.Agent(again.Id).Files.ListAsync(cancellationToken: Token));
    }

    [Fact]
    public async Task A_refreshed_token_needs_no_identifier_beside_it()
    {
        var id = (await CreateSandboxAsync()).Id;
        var token = await Client.Sandboxes.RefreshTokenAsync(id, Token);
        using var other = Cloud.CreateClient();
        Cloud.Answers.Add(HttpMethod.Post, "/v1/sandboxes/*/token/refresh", PlannedAnswer.Json(
            $$"""{"auth_token":"{{token.AuthToken}}","token_expires_at":"2026-01-06T10:00:00Z"}"""));

        Assert.NotNull(await other.Agent(id).Files.ListAsync(cancellationToken: Token));
    }
}
