using Hopx.Mcp.Conversations;
using Hopx.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Hopx.Mcp.Tests.Conversations;

/// <summary>A first create may build a template, which takes longer than a client waits.</summary>
public sealed class PreparationTests : CloudTest, IAsyncLifetime
{
    private readonly FakeTimeProvider _time = new(DateTimeOffset.UnixEpoch.AddYears(56));
    private readonly TaskCompletionSource _built = new();
    private FakeHopxCloud _cloud = null!;
    private McpHarness _mcp = null!;

    async ValueTask IAsyncLifetime.InitializeAsync()
    {
        await InitializeAsync();
        _cloud = await FakeHopxCloud.StartAsync(_time, Stop);
        _mcp = await McpHarness.StartAsync(_cloud, options => options.MaxSandboxesInPreparation = 2, time: _time);
    }

    async ValueTask IAsyncDisposable.DisposeAsync()
    {
        await _mcp.DisposeAsync();
        await _cloud.DisposeAsync();
        await DisposeAsync();
    }

    [Theory]
    [InlineData("sandbox_create")]
    [InlineData("run_code")]
    public async Task A_sandbox_that_is_not_ready_in_time_goes_to_the_next_call(string tool)
    {
        var arguments = new Dictionary<string, object?> { ["conversation"] = "plan" };
        if (tool is "run_code")
        {
            arguments["code"] = "1";
        }

        HoldCreates(1);
        var early = await AnswerAfterBudgetAsync(tool, arguments);
        Assert.Contains("still being prepared", early.Text(), StringComparison.Ordinal);
        Assert.Contains($"Call {tool} again with the same arguments", early.Text(), StringComparison.Ordinal);
        Assert.Equal("preparing", early.Fact("status"));

        _built.SetResult();
        var late = (await _mcp.CallAsync(tool, arguments, Stop)).Succeeded();

        Assert.Equal(Assert.Single(_cloud.Sandboxes).Id, late.Fact("sandbox_id"));
        Assert.Equal(1, _cloud.Requests.Count(HttpMethod.Post, "/v1/sandboxes"));
    }

    [Fact]
    public async Task A_sandbox_that_nobody_comes_back_for_is_deleted()
    {
        HoldCreates(1);
        await AnswerAfterBudgetAsync("sandbox_create", []);
        _built.SetResult();
        await Wait.UntilAsync(() => _cloud.Sandboxes.Count is 1, Stop);

        await Wait.UntilAsync(
            () =>
            {
                _time.Advance(TimeSpan.FromMinutes(1));
                return _cloud.Requests.Count(HttpMethod.Delete, "/v1/sandboxes/*") is 1;
            },
            Stop);
        await Wait.UntilAsync(() => _cloud.Sandboxes.Count is 0, Stop);
    }

    [Fact]
    public async Task A_call_that_is_cancelled_leaves_its_sandbox_to_the_next_one()
    {
        HoldCreates(1);
        using var cancel = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var call = _mcp.CallAsync("sandbox_create", cancellationToken: cancel.Token);
        await Wait.UntilAsync(() => _cloud.Requests.Count(HttpMethod.Post, "/v1/sandboxes") is 1, Stop);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);

        // The server hears of it a moment later; only then is the sandbox free for another call.
        await Wait.UntilAsync(() => Preparations.Waiting is 1, Stop);
        _built.SetResult();
        (await _mcp.CallAsync("sandbox_create", cancellationToken: Stop)).Succeeded();

        Assert.Single(_cloud.Sandboxes);
    }

    [Fact]
    public async Task Calls_at_the_same_time_get_a_sandbox_each_up_to_the_limit()
    {
        HoldCreates(2);
        var first = _mcp.CallAsync("sandbox_create", cancellationToken: Stop);
        var second = _mcp.CallAsync("sandbox_create", cancellationToken: Stop);
        await Wait.UntilAsync(() => _cloud.Requests.Count(HttpMethod.Post, "/v1/sandboxes") is 2, Stop);

        Assert.Contains("which is the limit", (await _mcp.CallAsync("sandbox_create", cancellationToken: Stop)).Failed(), StringComparison.Ordinal);

        _built.SetResult();
        Assert.NotEqual((await first).Succeeded().Fact("sandbox_id"), (await second).Succeeded().Fact("sandbox_id"));
    }

    [Fact]
    public async Task A_template_that_fails_to_build_is_told_to_the_next_call()
    {
        _cloud.Answers.Add(
            HttpMethod.Post,
            "/v1/sandboxes",
            new PlannedAnswer { Until = _built.Task, Status = 500, Body = """{"error":"mmdebstrap failed: no mirror","code":"TEMPLATE_BUILD_FAILED"}""" });
        await AnswerAfterBudgetAsync("sandbox_create", []);
        _built.SetResult();

        Assert.Contains("mmdebstrap failed: no mirror", (await _mcp.CallAsync("sandbox_create", cancellationToken: Stop)).Failed(), StringComparison.Ordinal);
        (await _mcp.CallAsync("sandbox_create", cancellationToken: Stop)).Succeeded();
    }

    [Fact]
    public async Task The_end_of_the_server_leaves_no_prepared_sandbox_behind()
    {
        HoldCreates(1);
        await AnswerAfterBudgetAsync("sandbox_create", []);
        _built.SetResult();
        await Wait.UntilAsync(() => Preparations.Ready is 1, Stop);

        await _mcp.DisposeAsync();

        Assert.Empty(_cloud.Sandboxes);
        _mcp = await McpHarness.StartAsync(_cloud, time: _time);
    }

    private SandboxPreparations Preparations => (SandboxPreparations)_mcp.Services.GetService(typeof(SandboxPreparations))!;

    private void HoldCreates(int count) => _cloud.Answers.Add(HttpMethod.Post, "/v1/sandboxes", new PlannedAnswer { Until = _built.Task }, times: count);

    private async Task<ModelContextProtocol.Protocol.CallToolResult> AnswerAfterBudgetAsync(string tool, Dictionary<string, object?> arguments)
    {
        var call = _mcp.CallAsync(tool, arguments, Stop);
        await Wait.UntilAsync(() => _cloud.Requests.Count(HttpMethod.Post, "/v1/sandboxes") is 1, Stop);
        await Wait.UntilAsync(
            () =>
            {
                _time.Advance(TimeSpan.FromSeconds(5));
                return call.IsCompleted;
            },
            Stop);
        return (await call).Succeeded();
    }
}
