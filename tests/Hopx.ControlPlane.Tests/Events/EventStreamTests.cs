using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Hopx.Client;
using Hopx.ControlPlane.ApiKeys;
using Hopx.ControlPlane.Tests.Sandboxes;
using Hopx.Testing;

namespace Hopx.ControlPlane.Tests.Events;

/// <summary>Event streams over real HTTP, of real sandboxes.</summary>
public sealed class EventStreamTests(PreparedMachine machine) : IAsyncLifetime
{
    private readonly TemporaryHome _home = new();
    private RealControlPlane _plane = null!;
    private HttpClient _http = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await machine.PrepareAsync();
        _plane = new RealControlPlane(machine, _home.Path);
        _plane.Options.EventKeepAlive = TimeSpan.FromMilliseconds(200);
        _plane.Options.MetricsInterval = TimeSpan.FromMilliseconds(100);
        _http = new HttpClient(_plane.Embedded.CreateTransport()) { BaseAddress = new Uri("http://localhost"), Timeout = Timeout.InfiniteTimeSpan };
    }

    public async ValueTask DisposeAsync()
    {
        await foreach (var sandbox in _plane.Client.Sandboxes.ListAllAsync(cancellationToken: CancellationToken.None))
        {
            await _plane.Client.Sandboxes.DeleteAsync(sandbox.Id, CancellationToken.None);
        }

        _http.Dispose();
        await _plane.DisposeAsync();
        _home.Dispose();
    }

    [Fact]
    public async Task The_client_sees_a_sandbox_from_its_first_to_its_last_moment()
    {
        var sandbox = await _plane.CreateAsync();
        var seen = new List<string>();
        await foreach (var happened in _plane.Client.Sandboxes.Events(sandbox.Id, lastEventId: "0", Cancellation))
        {
            seen.Add(happened.Type);
            Assert.Equal(sandbox.Id, happened.SandboxId);
            Assert.NotNull(happened.Id);
            switch (happened.Type)
            {
                case "sandbox.running":
                    await _plane.Client.Sandboxes.PauseAsync(sandbox.Id, Cancellation);
                    break;
                case "sandbox.paused":
                    await _plane.Client.Sandboxes.ResumeAsync(sandbox.Id, Cancellation);
                    break;
                case "sandbox.resumed":
                    await _plane.Client.Sandboxes.DeleteAsync(sandbox.Id, Cancellation);
                    break;
            }
        }

        Assert.Equal(["sandbox.created", "sandbox.running", "sandbox.paused", "sandbox.resumed", "sandbox.deleted"], seen);
    }

    [Fact]
    public async Task A_sandbox_whose_first_process_is_killed_says_so_and_can_be_started_again()
    {
        var sandbox = await _plane.CreateAsync();
        await _plane.Client.Agent(sandbox.Id).Files.WriteAsync("/workspace/kept", "still here", Cancellation);
        await foreach (var happened in _plane.Client.Sandboxes.Events(sandbox.Id, lastEventId: "0", Cancellation))
        {
            if (happened.Type is "sandbox.running")
            {
                using var first = System.Diagnostics.Process.GetProcessById(int.Parse(await File.ReadAllTextAsync(Path.Combine(_home.Path, "sandboxes", sandbox.Id, "pid"), Cancellation)));
                first.Kill();
            }

            if (happened.Type is "sandbox.error")
            {
                Assert.Contains("processes are gone", happened.Reason, StringComparison.Ordinal);
                break;
            }
        }

        await _plane.Client.Sandboxes.StartAsync(sandbox.Id, Cancellation);
        Assert.Equal("still here", (await _plane.Client.Agent(sandbox.Id).Files.ReadAsync("/workspace/kept", Cancellation)).Content);
    }

    [Fact]
    public async Task A_reader_misses_nothing_when_the_server_is_started_anew()
    {
        await using var events = _plane.Client.Sandboxes.Events(cancellationToken: Cancellation).GetAsyncEnumerator(Cancellation);
        var next = events.MoveNextAsync().AsTask();
        await UntilReadersAsync(1);
        var first = await _plane.CreateAsync();
        Assert.True(await next);
        Assert.True(await events.MoveNextAsync());
        Assert.Equal(("sandbox.running", first.Id), (events.Current.Type, events.Current.SandboxId));
        next = events.MoveNextAsync().AsTask();

        // Another process goes on for the first; something happens before the reader is back.
        await using var other = new RealControlPlane(machine, _home.Path);
        await _plane.Embedded.DisposeAsync();
        var second = await other.CreateAsync();
        Assert.True(await next);
        Assert.Equal(("sandbox.created", second.Id), (events.Current.Type, events.Current.SandboxId));
        await other.Client.Sandboxes.DeleteAsync(first.Id, Cancellation);
        await other.Client.Sandboxes.DeleteAsync(second.Id, Cancellation);
        await other.Embedded.DisposeAsync();
        _plane = new RealControlPlane(machine, _home.Path);
    }

    [Fact]
    public async Task A_silent_stream_says_that_it_is_there()
    {
        await _plane.Client.Sandboxes.ListAsync(cancellationToken: Cancellation);
        using var response = await _http.GetAsync(new Uri("/v1/sandboxes/events", UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, Cancellation);
        using var lines = new StreamReader(await response.Content.ReadAsStreamAsync(Cancellation));

        Assert.Equal("text/event-stream", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal("no-cache", response.Headers.CacheControl!.ToString());
        Assert.True(response.Headers.Contains("X-Request-ID"));
        Assert.Equal(": keep-alive", await lines.ReadLineAsync(Cancellation));
    }

    [Fact]
    public async Task Metrics_tell_what_the_sandbox_does_and_uses()
    {
        var sandbox = await _plane.CreateAsync();
        var samples = new List<SandboxMetrics>();
        await foreach (var sample in _plane.Client.Sandboxes.MetricsStream(sandbox.Id, Cancellation))
        {
            samples.Add(sample);
            if (samples.Count == 3)
            {
                await _plane.Client.Agent(sandbox.Id).Commands.RunAsync("head -c 8000000 /dev/urandom > /workspace/blob && sync /workspace/blob", Cancellation);
            }

            if (samples.Count == 6)
            {
                break;
            }
        }

        var last = samples[^1];
        Assert.True(last.UptimeSeconds > 0);
        Assert.NotNull(last.NetworkReceivedBytes);
        Assert.Equal(((long)sandbox.Resources!.MemoryMb << 20, SandboxStatus.Running), (last.MemoryLimitBytes!.Value, last.Status));
        if (last.CpuSeconds is { } cpu)
        {
            Assert.True(cpu > samples[0].CpuSeconds && samples.Skip(1).All(sample => sample.CpuPercent is >= 0 and <= 110), JsonSerializer.Serialize(last, HopxJson.Default.SandboxMetrics));
            Assert.InRange(last.MemoryBytes!.Value, 1 << 20, 2048L << 20);
        }

        if (last.DiskBytes is { } disk)
        {
            Assert.True(disk - samples[0].DiskBytes > 4_000_000, $"{samples[0].DiskBytes} → {disk}");
        }
    }

    [Fact]
    public async Task Metrics_end_with_the_sandbox()
    {
        var sandbox = await _plane.CreateAsync();
        var count = 0;
        await foreach (var _ in _plane.Client.Sandboxes.MetricsStream(sandbox.Id, Cancellation))
        {
            if (++count == 2)
            {
                await _plane.Client.Sandboxes.DeleteAsync(sandbox.Id, Cancellation);
            }
        }

        Assert.True(count >= 2);
    }

    [Fact]
    public async Task A_sandbox_of_others_has_no_stream()
    {
        var sandbox = await _plane.CreateAsync();
        var (_, foreign) = _plane.Embedded.CreateKey("foreign", organizationId: 2);
        foreach (var path in new[] { $"/v1/sandboxes/{sandbox.Id}/events", $"/v1/sandboxes/{sandbox.Id}/metrics/stream", $"/v1/sandboxes/events?sandbox_id={sandbox.Id}", "/v1/sandboxes/1700000000none/events" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path) { Headers = { { "X-API-Key", foreign } } };
            using var answer = await _http.SendAsync(request, Cancellation);
            Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
            Assert.StartsWith("Sandbox not found", (await answer.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("message").GetString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_key_in_the_query_opens_event_streams_and_nothing_else()
    {
        await _plane.Client.Sandboxes.ListAsync(cancellationToken: Cancellation);
        var (_, key) = _plane.Embedded.CreateKey("browser", organizationId: 7, ApiKeyScope.ReadOnly);
        var mine = await _plane.CreateAsync();

        Assert.Equal(HttpStatusCode.OK, await StatusAsync($"/v1/sandboxes/events?token={key}"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync($"/v1/templates/stream?token={key}"));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync("/v1/sandboxes/events?token=hopx_live_AAAAAAAAAAAA.bm90IGEga2V5"));
        // The control socket vouches for whoever comes through it: with the key's organization the caller would not see this sandbox.
        Assert.Equal(HttpStatusCode.OK, await StatusAsync($"/v1/sandboxes/{mine.Id}?token={key}"));
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync($"/v1/sandboxes/{mine.Id}/events?token={key}"));
    }

    [Fact]
    public async Task Templates_that_change_are_told()
    {
        await _plane.Client.Sandboxes.ListAsync(cancellationToken: Cancellation);
        await using var events = _plane.Client.Templates.Events(cancellationToken: Cancellation).GetAsyncEnumerator(Cancellation);
        var next = events.MoveNextAsync().AsTask();
        await UntilReadersAsync(1, ControlPlane.Events.EventFilter.Templates);

        // As another process would leave it: one build more in the directory that all homes share.
        _plane.Embedded.Get<ControlPlane.Events.EventLog>().Commit(
            change: null,
            new ControlPlane.Events.EventDraft(null, null, "template.updated", JsonSerializer.Serialize(new Template { Id = "74", Name = "base", DisplayName = "Base" }, HopxJson.Default.Template)));

        Assert.True(await next);
        Assert.Equal(("template.updated", "base"), (events.Current.Type, events.Current.Template!.Name));
    }

    private async Task<HttpStatusCode> StatusAsync(string path)
    {
        using var answer = await _http.GetAsync(new Uri(path, UriKind.Relative), HttpCompletionOption.ResponseHeadersRead, Cancellation);
        return answer.StatusCode;
    }

    private async Task UntilReadersAsync(int count, string topic = ControlPlane.Events.EventFilter.Sandboxes)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        patience.CancelAfter(TimeSpan.FromSeconds(30));
        while (!_plane.Embedded.IsRunning || _plane.Embedded.Get<ControlPlane.Events.EventLog>().CountReaders(topic) < count)
        {
            await Task.Delay(10, patience.Token);
        }
    }
}
