using Hopx.Testing;

namespace Hopx.Client.Tests.Testing;

/// <summary>The fake itself, as far as other tests lean on it.</summary>
public sealed class FakeHopxCloudTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Code_does_what_the_test_says()
    {
        await using var cloud = await FakeHopxCloud.StartAsync(cancellationToken: Token);
        cloud.OnExecute(request => new ExecutionResult { Success = true, Stdout = "ran " + request.Code });
        using var client = cloud.CreateClient();
        var sandbox = await client.Sandboxes.CreateAsync(new CreateSandboxRequest { TemplateName = "base" }, Token);

        var result = await client.Agent(sandbox.Id).Execution.RunAsync(new ExecuteRequest { Code = "1+1" }, Token);

        Assert.Equal("ran 1+1", result.Stdout);
        Assert.Equal(sandbox.AuthToken, cloud.Requests.Of(HttpMethod.Post, "/execute").Single().Header("Authorization")?["Bearer ".Length..]);
    }

    [Fact]
    public async Task Each_organization_sees_only_its_own_sandboxes()
    {
        await using var cloud = await FakeHopxCloud.StartAsync(cancellationToken: Token);
        using var client = cloud.CreateClient();
        using var stranger = cloud.CreateClient(options => options.ApiKey = cloud.AddApiKey(organizationId: 2));
        var sandbox = await client.Sandboxes.CreateAsync(new CreateSandboxRequest { TemplateName = "base" }, Token);

        Assert.Empty((await stranger.Sandboxes.ListAsync(cancellationToken: Token)).Data!);
        await Assert.ThrowsAsync<HopxException>(() => stranger.Sandboxes.GetAsync(sandbox.Id, Token));
    }

    [Fact]
    public async Task A_dropped_connection_is_seen_by_the_caller_although_the_work_was_done()
    {
        await using var cloud = await FakeHopxCloud.StartAsync(cancellationToken: Token);
        using var client = cloud.CreateClient();
        cloud.Answers.Add(HttpMethod.Post, "/v1/sandboxes", new PlannedAnswer { DropsAfterwards = true });

        await Assert.ThrowsAsync<HopxException>(() => client.Sandboxes.CreateAsync(new CreateSandboxRequest { TemplateName = "base" }, Token));

        Assert.Single(cloud.Sandboxes);
    }
}
