using Hopx.Testing;

namespace Hopx.Client.Tests.ControlPlane.Sandboxes;

public sealed class SandboxesClientTests : CloudTest
{
    [Fact]
    public async Task Creating_sends_all_that_was_asked_for()
    {
        var sandbox = await Client.Sandboxes.CreateAsync(
            new CreateSandboxRequest
            {
                TemplateName = "code-interpreter",
                Region = "eu-west",
                TimeoutSeconds = 600,
                InternetAccess = false,
                EnvVars = new Dictionary<string, string> { ["MODE"] = "test" },
            },
            Token);

        var sent = Cloud.Requests.Of(HttpMethod.Post, "/v1/sandboxes").Single();
        Assert.Equal(
            """{"template_name":"code-interpreter","region":"eu-west","timeout_seconds":600,"internet_access":false,"env_vars":{"MODE":"test"}}""", sent.BodyText);
        Assert.Equal(Cloud.ApiKey, sent.Header("X-API-Key"));
        Assert.Equal(SandboxStatus.Running, sandbox.Status);
        Assert.Equal("73", sandbox.TemplateId);
        Assert.Equal(Time.GetUtcNow().AddSeconds(600), sandbox.ExpiresAt);
        Assert.NotNull(sandbox.AuthToken);
    }

    [Fact]
    public async Task Creating_from_an_unknown_template_says_so()
    {
        var failure = await FailsAsync(() => Client.Sandboxes.CreateAsync(new CreateSandboxRequest { TemplateName = "nope" }, Token));

        Assert.Equal(404, failure.StatusCode);
        Assert.Contains("Template not found", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Getting_tells_where_the_agent_is_and_keeps_the_token_out()
    {
        var created = await CreateSandboxAsync();

        var sandbox = await Client.Sandboxes.GetAsync(created.Id, Token);

        Assert.Equal(created.PublicHost, sandbox.PublicHost);
        Assert.Null(sandbox.AuthToken);
    }

    [Fact]
    public async Task A_missing_sandbox_is_named_in_the_error()
    {
        var failure = await FailsAsync(() => Client.Sandboxes.GetAsync("17690000001a2b3c4d", Token));

        Assert.Equal(HopxErrorCode.SandboxNotFound, failure.Code);
        Assert.True(failure.MeansSandboxGone);
        Assert.Contains("17690000001a2b3c4d", failure.Message, StringComparison.Ordinal);
        Assert.StartsWith("req_", failure.RequestId, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("..")]
    [InlineData(".")]
    [InlineData("a/b")]
    [InlineData("a?b")]
    public async Task An_identifier_that_would_lead_to_another_route_is_never_sent(string id)
    {
        foreach (var call in new Func<Task>[]
        {
            () => Client.Sandboxes.GetAsync(id, Token),
            () => Client.Sandboxes.DeleteAsync(id, Token),
            () => Client.Sandboxes.SetTimeoutAsync(id, TimeSpan.FromHours(1), Token),
            () => Client.Agent(id).Files.ReadAsync("a", Token),
        })
        {
            Assert.Equal(HopxErrorCode.SandboxNotFound, (await FailsAsync(call)).Code);
        }

        Assert.Empty(Cloud.Requests.All);
    }

    [Fact]
    public async Task Listing_filters_by_state()
    {
        var running = await CreateSandboxAsync();
        var paused = await CreateSandboxAsync();
        await Client.Sandboxes.PauseAsync(paused.Id, Token);

        var page = await Client.Sandboxes.ListAsync(SandboxStatus.Running, limit: 5, cancellationToken: Token);

        Assert.Equal(running.Id, Assert.Single(page.Data!).Id);
        Assert.Equal("?status=running&limit=5", Cloud.Requests.Of(HttpMethod.Get, "/v1/sandboxes").Single().Query);
    }

    [Fact]
    public async Task All_pages_are_listed_once()
    {
        Cloud.MaxPageSize = 2;
        var made = new List<string>();
        for (var i = 0; i < 5; i++)
        {
            made.Add((await CreateSandboxAsync()).Id);
        }

        var listed = await Client.Sandboxes.ListAllAsync(cancellationToken: Token).Select(sandbox => sandbox.Id).ToListAsync(Token);

        Assert.Equal(made, listed);
        Assert.Equal(3, Cloud.Requests.Count(HttpMethod.Get, "/v1/sandboxes"));
    }

    [Theory]
    [InlineData("""{"data":[],"has_more":true,"next_cursor":null}""")]
    [InlineData("""{"data":[],"has_more":true,"next_cursor":""}""")]
    [InlineData("""{"data":null,"has_more":true}""")]
    [InlineData("""{"data":[],"has_more":true,"next_cursor":"again"}""")]
    public async Task A_list_without_an_end_ends(string page)
    {
        Cloud.Answers.Add(HttpMethod.Get, "/v1/sandboxes", PlannedAnswer.Json(page), times: 100);

        Assert.Empty(await Client.Sandboxes.ListAllAsync(cancellationToken: Token).ToListAsync(Token));

        Assert.InRange(Cloud.Requests.Count(HttpMethod.Get, "/v1/sandboxes"), 1, 2);
    }

    [Fact]
    public async Task A_sandbox_goes_through_its_states()
    {
        var id = (await CreateSandboxAsync()).Id;

        Assert.Equal(SandboxStatus.Paused, (await Client.Sandboxes.PauseAsync(id, Token)).Status);
        Assert.Equal(HopxErrorCode.Conflict, (await FailsAsync(() => Client.Sandboxes.StartAsync(id, Token))).Code);
        Assert.Equal(SandboxStatus.Running, (await Client.Sandboxes.ResumeAsync(id, Token)).Status);
        Assert.Equal(SandboxStatus.Stopped, (await Client.Sandboxes.StopAsync(id, Token)).Status);
        Assert.Equal(HopxErrorCode.SandboxStopped, (await FailsAsync(() => Client.Agent(id).Files.ListAsync(cancellationToken: Token))).Code);
        Assert.Equal(SandboxStatus.Running, (await Client.Sandboxes.StartAsync(id, Token)).Status);
        await Client.Sandboxes.DeleteAsync(id, Token);
        Assert.Equal(HopxErrorCode.SandboxNotFound, (await FailsAsync(() => Client.Sandboxes.DeleteAsync(id, Token))).Code);
    }

    [Fact]
    public async Task A_new_lifetime_counts_from_now()
    {
        var id = (await CreateSandboxAsync()).Id;
        Time.Advance(TimeSpan.FromMinutes(5));

        var timeout = await Client.Sandboxes.SetTimeoutAsync(id, TimeSpan.FromMinutes(15), Token);

        Assert.Equal(900, timeout.TimeoutSeconds);
        Assert.Equal(Time.GetUtcNow().AddMinutes(15), timeout.ExpiresAt);
    }

    [Fact]
    public async Task A_lifetime_of_less_than_a_second_is_rounded_up()
    {
        var id = (await CreateSandboxAsync()).Id;

        Assert.Equal(1, (await Client.Sandboxes.SetTimeoutAsync(id, TimeSpan.FromMilliseconds(200), Token)).TimeoutSeconds);
    }

    [Fact]
    public async Task An_expired_sandbox_is_gone()
    {
        var id = (await CreateSandboxAsync()).Id;
        await Client.Sandboxes.SetTimeoutAsync(id, TimeSpan.FromMinutes(1), Token);
        Time.Advance(TimeSpan.FromMinutes(2));

        Assert.True((await FailsAsync(() => Client.Agent(id).Files.ListAsync(cancellationToken: Token))).MeansSandboxGone);
    }

    [Fact]
    public async Task A_fresh_token_can_be_had()
    {
        var sandbox = await CreateSandboxAsync();

        var token = await Client.Sandboxes.RefreshTokenAsync(sandbox.Id, Token);

        Assert.NotEqual(sandbox.AuthToken, token.AuthToken);
        Assert.Equal(Time.GetUtcNow() + Cloud.TokenLifetime, token.TokenExpiresAt);
    }

    [Theory]
    [InlineData(204, "")]
    [InlineData(200, "")]
    [InlineData(200, "{}")]
    public async Task A_state_change_that_is_only_acknowledged_has_happened(int status, string body)
    {
        Cloud.Answers.Add(HttpMethod.Delete, "/v1/sandboxes/*", PlannedAnswer.Json(body, status));
        Cloud.Answers.Add(HttpMethod.Post, "/v1/sandboxes/*/pause", PlannedAnswer.Json(body, status));

        await Client.Sandboxes.DeleteAsync("176900000001fake", Token);
        var change = await Client.Sandboxes.PauseAsync("176900000001fake", Token);

        Assert.Equal(("176900000001fake", SandboxStatus.Paused), (change.Id, change.Status));
    }
}
