using System.Diagnostics;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Hopx.Client;
using Hopx.ControlPlane.Runtime;
using Hopx.ControlPlane.Sandboxes;
using Hopx.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Hopx.ControlPlane.Tests.Sandboxes;

/// <summary>Real sandboxes, from the first request to what is left of them: nothing.</summary>
public sealed class SandboxLifecycleTests(PreparedMachine machine) : IAsyncLifetime
{
    private readonly TemporaryHome _home = new();
    private RealControlPlane _plane = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await machine.PrepareAsync(PreparedMachine.Template);
        _plane = new RealControlPlane(machine, _home.Path);
    }

    public async ValueTask DisposeAsync()
    {
        await foreach (var sandbox in _plane.Client.Sandboxes.ListAllAsync(cancellationToken: CancellationToken.None))
        {
            await _plane.Client.Sandboxes.DeleteAsync(sandbox.Id, CancellationToken.None);
        }

        await _plane.DisposeAsync();
        _home.Dispose();
    }

    [Fact]
    public async Task A_new_sandbox_runs_code_and_says_what_it_is()
    {
        var sandbox = await _plane.CreateAsync(variables: new Dictionary<string, string> { ["GREETING"] = "hello" });

        var run = await _plane.Client.Agent(sandbox.Id).Commands.RunAsync("echo $GREETING from $(pwd)", Cancellation);

        Assert.Equal("hello from /workspace\n", run.Stdout);
        Assert.Equal(SandboxStatus.Running, sandbox.Status);
        Assert.False(sandbox.InternetAccess);
        Assert.NotNull(sandbox.Limits);
        Assert.Equal(sandbox.PublicHost, (await _plane.Client.Sandboxes.GetAsync(sandbox.Id, Cancellation)).PublicHost);
    }

    [Fact]
    public async Task A_deleted_sandbox_leaves_nothing_behind()
    {
        var sandbox = await _plane.CreateAsync();
        var processes = ProcessesOf(sandbox.Id);
        Assert.NotEmpty(processes);

        await _plane.Client.Sandboxes.DeleteAsync(sandbox.Id, Cancellation);

        var gone = await Assert.ThrowsAsync<HopxException>(() => _plane.Client.Sandboxes.GetAsync(sandbox.Id, Cancellation));
        Assert.Equal(HopxErrorCode.SandboxNotFound, gone.Code);
        Assert.All(processes, process => Assert.Null(ProcessIdentity.Read(process)));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(_home.Path, "sandboxes")));
        Assert.DoesNotContain(sandbox.Id, await File.ReadAllTextAsync("/proc/mounts", Cancellation), StringComparison.Ordinal);
        using var http = new HttpClient();
        await Assert.ThrowsAsync<HttpRequestException>(() => http.GetAsync(new Uri(sandbox.PublicHost!), Cancellation));
    }

    [Theory]
    [InlineData("no-such-template", null, HopxErrorCode.TemplateNotFound)]
    [InlineData(null, null, HopxErrorCode.InvalidRequest)]
    [InlineData("base", -1L, HopxErrorCode.InvalidRequest)]
    [InlineData("base", long.MaxValue, HopxErrorCode.InvalidRequest)]
    public async Task A_create_that_makes_no_sense_is_refused_and_leaves_nothing(string? template, long? timeout, HopxErrorCode expected)
    {
        var refused = await Assert.ThrowsAsync<HopxException>(() => _plane.Client.Sandboxes.CreateAsync(
            new CreateSandboxRequest { TemplateName = template, TimeoutSeconds = timeout }, Cancellation));

        Assert.Equal(expected, refused.Code);
        Assert.Empty((await _plane.Client.Sandboxes.ListAsync(cancellationToken: Cancellation)).Data!);
    }

    [Fact]
    public async Task Sandboxes_outlive_the_server_and_are_taken_over_by_the_next_one()
    {
        var sandbox = await _plane.CreateAsync();
        await _plane.Client.Agent(sandbox.Id).Files.WriteAsync("/workspace/kept.txt", "still here", Cancellation);

        await RestartAsync();

        Assert.Equal("still here", (await _plane.Client.Agent(sandbox.Id).Files.ReadAsync("/workspace/kept.txt", Cancellation)).Content);
        Assert.Equal(sandbox.PublicHost, (await _plane.Client.Sandboxes.GetAsync(sandbox.Id, Cancellation)).PublicHost);
    }

    [Fact]
    public async Task A_sandbox_that_died_while_no_server_ran_says_so_and_can_be_started_again()
    {
        var sandbox = await _plane.CreateAsync();
        await _plane.Client.Agent(sandbox.Id).Files.WriteAsync("/workspace/kept.txt", "still here", Cancellation);
        var processes = ProcessesOf(sandbox.Id);
        await _plane.DisposeAsync();
        foreach (var process in processes)
        {
            Process.GetProcessById(process).Kill();
        }

        _plane = new RealControlPlane(machine, _home.Path);
        await WaitUntilGoneAsync(processes);
        await RestartAsync();

        Assert.Equal(SandboxStatus.Error, (await _plane.Client.Sandboxes.GetAsync(sandbox.Id, Cancellation)).Status);
        var refused = await Assert.ThrowsAsync<HopxException>(() => _plane.Client.Agent(sandbox.Id).Commands.RunAsync("true", Cancellation));
        Assert.Equal(HopxErrorCode.SandboxStopped, refused.Code);

        await _plane.Client.Sandboxes.StartAsync(sandbox.Id, Cancellation);

        Assert.Equal("still here", (await _plane.Client.Agent(sandbox.Id).Files.ReadAsync("/workspace/kept.txt", Cancellation)).Content);
    }

    [Fact]
    public async Task An_agent_that_is_killed_ends_its_runs_at_once_and_its_sandbox_can_be_started_again()
    {
        var sandbox = await _plane.CreateAsync();
        var agent = _plane.Client.Agent(sandbox.Id);
        await agent.Files.WriteAsync("/workspace/kept", "kept", Cancellation);
        Assert.True(_plane.Embedded.Get<SandboxStore>().TryFind(sandbox.Id, out var record));
        var running = agent.Commands.RunAsync("touch /workspace/begun; sleep 1000", Cancellation);
        while (!await agent.Files.ExistsAsync("/workspace/begun", Cancellation))
        {
        }

        using (var process = Process.GetProcessById(record.Handle!.Process!.ProcessId))
        {
            process.Kill();
        }

        Assert.Equal(HopxErrorCode.SandboxStopped, (await Assert.ThrowsAsync<HopxException>(() => running)).Code);
        // The kernel may still be taking its processes down; the loop looks again too.
        do
        {
            await _plane.Embedded.ReapAsync();
        }
        while ((await _plane.Client.Sandboxes.GetAsync(sandbox.Id, Cancellation)).Status is SandboxStatus.Running);

        Assert.Equal(SandboxStatus.Error, (await _plane.Client.Sandboxes.GetAsync(sandbox.Id, Cancellation)).Status);
        await _plane.Client.Sandboxes.StartAsync(sandbox.Id, Cancellation);
        Assert.Equal("kept", (await _plane.Client.Agent(sandbox.Id).Commands.RunAsync("cat /workspace/kept", Cancellation)).Stdout);
    }

    [Fact]
    public async Task A_second_server_on_the_same_home_uses_the_first_and_takes_over_when_it_ends()
    {
        var sandbox = await _plane.CreateAsync();
        await using var second = new RealControlPlane(machine, _home.Path);

        Assert.Equal(sandbox.Id, (await second.Client.Sandboxes.GetAsync(sandbox.Id, Cancellation)).Id);
        await _plane.DisposeAsync();
        var run = await second.Client.Agent(sandbox.Id).Commands.RunAsync("echo taken over", Cancellation);

        Assert.Equal("taken over\n", run.Stdout);
        await second.Client.Sandboxes.DeleteAsync(sandbox.Id, Cancellation);
        await second.DisposeAsync();
        _plane = new RealControlPlane(machine, _home.Path);
    }

    [Fact]
    public async Task An_expired_sandbox_is_buried()
    {
        var time = new FakeTimeProvider(TimeProvider.System.GetUtcNow());
        await using var plane = new RealControlPlane(machine, Path.Combine(_home.Path, "timed"), time);
        var sandbox = await plane.CreateAsync(timeoutSeconds: 600);

        time.Advance(TimeSpan.FromSeconds(599));
        await plane.Embedded.ReapAsync();
        Assert.Equal(SandboxStatus.Running, (await plane.Client.Sandboxes.GetAsync(sandbox.Id, Cancellation)).Status);

        time.Advance(TimeSpan.FromSeconds(1));
        await plane.Embedded.ReapAsync();
        // The loop ticks with the clock too, and may be the one that buries: then its turn is waited for.
        (await plane.Embedded.Get<SandboxStore>().EnterAsync(sandbox.Id, Cancellation))?.Dispose();
        await Assert.ThrowsAsync<HopxException>(() => plane.Client.Sandboxes.GetAsync(sandbox.Id, Cancellation));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(plane.Options.Home, "sandboxes")));
    }

    [Fact]
    public async Task A_new_lifetime_counts_from_now()
    {
        var sandbox = await _plane.CreateAsync(timeoutSeconds: 60);

        var timeout = await _plane.Client.Sandboxes.SetTimeoutAsync(sandbox.Id, TimeSpan.FromSeconds(900), Cancellation);

        Assert.Equal(900, timeout.TimeoutSeconds);
        Assert.InRange((timeout.ExpiresAt!.Value - sandbox.CreatedAt!.Value).TotalSeconds, 900, 960);
    }

    [Fact]
    public async Task The_agent_ends_the_sandbox_at_its_deadline_even_without_a_server()
    {
        var sandbox = await _plane.CreateAsync(timeoutSeconds: 2);
        var processes = ProcessesOf(sandbox.Id);
        await _plane.DisposeAsync();

        await WaitUntilGoneAsync(processes);

        _plane = new RealControlPlane(machine, _home.Path);
        Assert.Empty((await _plane.Client.Sandboxes.ListAsync(cancellationToken: Cancellation)).Data!);
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(_home.Path, "sandboxes")));
    }

    [Fact]
    public async Task A_paused_sandbox_refuses_calls_and_goes_on_where_it_was()
    {
        var sandbox = await _plane.CreateAsync();
        await _plane.Client.Sandboxes.PauseAsync(sandbox.Id, Cancellation);

        var refused = await Assert.ThrowsAsync<HopxException>(() => _plane.Client.Agent(sandbox.Id).Commands.RunAsync("true", Cancellation));
        await _plane.Client.Sandboxes.ResumeAsync(sandbox.Id, Cancellation);

        Assert.Equal(HopxErrorCode.SandboxStopped, refused.Code);
        Assert.True((await _plane.Client.Agent(sandbox.Id).Commands.RunAsync("true", Cancellation)).Success);
    }

    [Fact]
    public async Task A_stopped_sandbox_keeps_its_files()
    {
        var sandbox = await _plane.CreateAsync();
        await _plane.Client.Agent(sandbox.Id).Files.WriteAsync("/workspace/kept.txt", "still here", Cancellation);

        await _plane.Client.Sandboxes.StopAsync(sandbox.Id, Cancellation);
        Assert.Equal(SandboxStatus.Stopped, (await _plane.Client.Sandboxes.GetAsync(sandbox.Id, Cancellation)).Status);
        var refused = await Assert.ThrowsAsync<HopxException>(() => _plane.Client.Sandboxes.PauseAsync(sandbox.Id, Cancellation));
        await _plane.Client.Sandboxes.StartAsync(sandbox.Id, Cancellation);

        Assert.Equal(HopxErrorCode.Conflict, refused.Code);
        Assert.Equal("still here", (await _plane.Client.Agent(sandbox.Id).Files.ReadAsync("/workspace/kept.txt", Cancellation)).Content);
    }

    [Fact]
    public async Task A_page_ends_where_the_next_one_begins()
    {
        var ids = new List<string>();
        for (var count = 0; count < 3; count++)
        {
            ids.Add((await _plane.CreateAsync()).Id);
        }

        var first = await _plane.Client.Sandboxes.ListAsync(limit: 2, cancellationToken: Cancellation);
        await _plane.Client.Sandboxes.DeleteAsync(first.Data![0].Id, Cancellation);
        var second = await _plane.Client.Sandboxes.ListAsync(limit: 2, cursor: first.NextCursor, cancellationToken: Cancellation);

        Assert.True(first.HasMore);
        Assert.False(second.HasMore);
        Assert.Null(second.NextCursor);
        Assert.Equal(ids, first.Data.Concat(second.Data!).Select(sandbox => sandbox.Id));
    }

    [Fact]
    public async Task The_front_door_takes_a_token_and_keeps_private_routes_closed()
    {
        var sandbox = await _plane.CreateAsync();
        using var http = new HttpClient { BaseAddress = new Uri(sandbox.PublicHost!) };

        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri("/health", UriKind.Relative), Cancellation)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await http.GetAsync(new Uri("/env", UriKind.Relative), Cancellation)).StatusCode);
        http.DefaultRequestHeaders.Authorization = new("Bearer", sandbox.AuthToken);
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri("/env", UriKind.Relative), Cancellation)).StatusCode);
        Assert.Equal(
            HttpStatusCode.NotFound,
            (await http.PutAsJsonAsync(new Uri("/control/deadline", UriKind.Relative), new { }, Cancellation)).StatusCode);
    }

    [Fact]
    public async Task An_api_key_of_the_owner_opens_the_front_door_but_never_reaches_the_sandbox()
    {
        var sandbox = await _plane.CreateAsync();
        var (_, key) = _plane.Embedded.CreateKey("owner", organizationId: 1);
        var (_, foreignKey) = _plane.Embedded.CreateKey("somebody else", organizationId: 2);
        using var http = new HttpClient { BaseAddress = new Uri(sandbox.PublicHost!) };

        using var foreign = new HttpRequestMessage(HttpMethod.Get, "/env") { Headers = { { "X-API-Key", foreignKey } } };
        Assert.Equal(HttpStatusCode.Unauthorized, (await http.SendAsync(foreign, Cancellation)).StatusCode);
        using var own = new HttpRequestMessage(HttpMethod.Get, "/env") { Headers = { { "X-API-Key", key } } };
        Assert.Equal(HttpStatusCode.OK, (await http.SendAsync(own, Cancellation)).StatusCode);
    }

    [Fact]
    public async Task Another_organization_sees_nothing()
    {
        var sandbox = await _plane.CreateAsync();
        var (_, foreignKey) = _plane.Embedded.CreateKey("somebody else", organizationId: 2);
        using var foreign = new HopxClient(
            new HopxClientOptions { BaseUrl = new Uri("http://localhost"), ApiKey = foreignKey }, _plane.Embedded.CreateTransport());

        var missing = await Assert.ThrowsAsync<HopxException>(() => foreign.Sandboxes.GetAsync("1700000000nothing", Cancellation));
        var hidden = await Assert.ThrowsAsync<HopxException>(() => foreign.Sandboxes.GetAsync(sandbox.Id, Cancellation));

        Assert.Equal(missing.Code, hidden.Code);
        Assert.Equal(missing.Message.Replace("1700000000nothing", sandbox.Id, StringComparison.Ordinal), hidden.Message);
        Assert.Empty((await foreign.Sandboxes.ListAsync(cancellationToken: Cancellation)).Data!);
        await Assert.ThrowsAsync<HopxException>(() => foreign.Sandboxes.DeleteAsync(sandbox.Id, Cancellation));
        Assert.Equal(SandboxStatus.Running, (await _plane.Client.Sandboxes.GetAsync(sandbox.Id, Cancellation)).Status);
    }

    [Fact]
    public async Task A_home_with_as_many_sandboxes_as_it_may_have_takes_no_more()
    {
        await using var plane = new RealControlPlane(machine, Path.Combine(_home.Path, "small"));
        plane.Options.MaxSandboxes = 1;
        var sandbox = await plane.CreateAsync();

        var refused = await Assert.ThrowsAsync<HopxException>(() => plane.CreateAsync());

        Assert.Equal(HopxErrorCode.ResourceLimitError, refused.Code);
        await plane.Client.Sandboxes.DeleteAsync(sandbox.Id, Cancellation);
    }

    [Fact]
    public async Task The_wire_has_what_the_SDKs_insist_on()
    {
        var sandbox = await _plane.CreateAsync();
        using var http = new HttpClient(_plane.Embedded.CreateTransport()) { BaseAddress = new Uri("http://localhost") };

        var body = await http.GetFromJsonAsync<JsonElement>(new Uri($"/v1/sandboxes/{sandbox.Id}", UriKind.Relative), Cancellation);

        Assert.Equal(body.GetProperty("id").GetString(), body.GetProperty("sandbox_id").GetString());
        Assert.Equal(JsonValueKind.String, body.GetProperty("template_id").ValueKind);
        Assert.Equal(JsonValueKind.Number, body.GetProperty("organization_id").ValueKind);
        Assert.Equal(JsonValueKind.Number, body.GetProperty("resources").GetProperty("disk_mb").ValueKind);
        Assert.StartsWith("http://", body.GetProperty("public_host").GetString(), StringComparison.Ordinal);
        Assert.Matches("^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$", body.GetProperty("expires_at").GetString());
    }

    private async Task RestartAsync()
    {
        await _plane.DisposeAsync();
        _plane = new RealControlPlane(machine, _home.Path);
    }

    /// <summary>Processes whose environment names the sandbox: its agent.</summary>
    private static List<int> ProcessesOf(string sandboxId) => [.. Directory.EnumerateDirectories("/proc")
        .Select(directory => int.TryParse(Path.GetFileName(directory), out var process) ? process : 0)
        .Where(process => process > 0 && EnvironmentOf(process).Contains($"HOPX_SANDBOX_ID={sandboxId}", StringComparison.Ordinal))];

    private static string EnvironmentOf(int process)
    {
        try
        {
            return File.ReadAllText($"/proc/{process}/environ");
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    private static async Task WaitUntilGoneAsync(IEnumerable<int> processes)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        foreach (var process in processes)
        {
            while (ProcessIdentity.Read(process) is not null)
            {
                await Task.Delay(10, patience.Token);
            }
        }
    }
}
