using Hopx.Client;
using Hopx.Testing;

namespace Hopx.SemanticKernel.Tests;

public sealed class HopxSandboxSessionTests : FunctionTest
{
    protected override HopxFunctionOptions Options { get; } = new()
    {
        Template = "base",
        SandboxLifetime = TimeSpan.FromMinutes(5),
        InternetAccess = false,
        Environment = new Dictionary<string, string> { ["MODE"] = "test" },
    };

    [Fact]
    public async Task Nothing_is_made_before_the_first_call()
    {
        await Functions.DisposeAsync();

        Assert.Empty(Cloud.Requests.All);
    }

    [Fact]
    public async Task The_first_call_makes_a_sandbox_as_configured_and_says_so()
    {
        var first = await CallForTextAsync("run_command", ("command", "true"));
        var second = await CallForTextAsync("run_command", ("command", "true"));

        var sandbox = Cloud.Sandboxes.Single();
        Assert.Equal(("base", 300L, false, "test"), (sandbox.Request.TemplateName, sandbox.Request.TimeoutSeconds, sandbox.Request.InternetAccess, sandbox.Request.EnvVars?["MODE"]));
        Assert.Contains($"[in the new sandbox {sandbox.Id}", first, StringComparison.Ordinal);
        Assert.DoesNotContain(sandbox.Id, second, StringComparison.Ordinal);
        Assert.Equal(sandbox.Id, Functions.Session.SandboxId);
    }

    [Fact]
    public async Task Calls_at_the_same_time_share_one_sandbox()
    {
        await Task.WhenAll(Enumerable.Range(0, 10).Select(_ => CallForTextAsync("run_command", ("command", "true"))));

        Assert.Single(Cloud.Sandboxes);
        Assert.Equal(1, Cloud.Requests.Count(HttpMethod.Post, "/v1/sandboxes"));
    }

    [Fact]
    public async Task A_call_can_name_another_sandbox_which_is_not_deleted_in_the_end()
    {
        var other = await Client.Sandboxes.CreateAsync(new CreateSandboxRequest { TemplateName = "base" }, Token);

        await CallAsync("write_file", ("path", "a"), ("content", "x"), ("sandbox_id", other.Id));
        await Functions.DisposeAsync();

        Assert.Equal(other.Id, Assert.Single(Cloud.Sandboxes).Id);
        Assert.Equal("x", Cloud.Sandboxes.Single().Files.ReadText("/workspace/a"));
    }

    [Fact]
    public async Task Disposal_deletes_what_was_made()
    {
        await CallAsync("run_command", ("command", "true"));

        await Functions.DisposeAsync();
        await Functions.DisposeAsync();

        Assert.Empty(Cloud.Sandboxes);
        await Assert.ThrowsAsync<ObjectDisposedException>(() => CallAsync("run_command", ("command", "true")));
    }

    [Fact]
    public async Task Disposal_waits_for_a_sandbox_that_is_just_being_made()
    {
        var gate = new TaskCompletionSource();
        Cloud.Answers.Add(HttpMethod.Post, "/v1/sandboxes", new PlannedAnswer { Until = gate.Task });
        var call = CallForTextAsync("run_command", ("command", "true"));

        var disposal = Functions.DisposeAsync();
        Assert.False(disposal.IsCompleted);
        gate.SetResult();
        await disposal;
        await call;

        Assert.Empty(Cloud.Sandboxes);
    }

    [Fact]
    public async Task Disposal_without_a_service_does_not_throw()
    {
        await CallAsync("run_command", ("command", "true"));
        await Cloud.DisposeAsync();

        await Functions.DisposeAsync();

        Assert.Null(Functions.Session.SandboxId);
    }

    [Fact]
    public async Task After_the_sandbox_has_expired_the_next_call_gets_a_new_one()
    {
        await CallAsync("run_command", ("command", "true"));
        var first = Functions.Session.SandboxId!;
        Time.Advance(TimeSpan.FromMinutes(6));

        var failure = await CallForTextAsync("run_command", ("command", "true"));
        var again = await CallForTextAsync("run_command", ("command", "true"));

        Assert.Contains("The sandbox and its files are gone. The next call without sandbox_id makes a new, empty one.", failure, StringComparison.Ordinal);
        Assert.Contains("[in the new sandbox", again, StringComparison.Ordinal);
        Assert.NotEqual(first, Functions.Session.SandboxId);
    }

    [Fact]
    public async Task A_shared_session_outlives_the_functions()
    {
        await using var session = new HopxSandboxSession(Client, Options);
        await using (var functions = new HopxFunctions(Client, Options, session))
        {
            await functions.Commands[0].InvokeAsync(new() { ["command"] = "true" }, Token);
        }

        Assert.Equal(session.SandboxId, Assert.Single(Cloud.Sandboxes).Id);
    }
}
