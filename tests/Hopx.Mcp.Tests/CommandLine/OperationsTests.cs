using System.Net;
using System.Text.Json;
using Hopx.ControlPlane.Sandboxes;
using Hopx.ControlPlane.State;
using Hopx.ControlPlane.WarmPool;
using Hopx.Mcp.CommandLine;
using Hopx.Mcp.CommandLine.Serving;
using Hopx.Mcp.CommandLine.Settings;
using Microsoft.AspNetCore.Builder;
using Microsoft.Data.Sqlite;

namespace Hopx.Mcp.Tests.CommandLine;

/// <summary>What an operator asks a server, and does with its state file.</summary>
public sealed class OperationsTests : IAsyncLifetime
{
    private readonly TemporaryDirectory _home = new();
    private readonly HttpClient _http = new();
    private HomeLock? _lock;
    private HopxService? _service;
    private WebApplication? _app;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public ValueTask InitializeAsync() => default;

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        if (_app is not null)
        {
            await _app.DisposeAsync();
        }

        if (_service is not null)
        {
            await _service.DisposeAsync();
        }

        _lock?.Dispose();
        SqliteConnection.ClearAllPools();
        _home.Dispose();
    }

    [Fact]
    public async Task A_server_says_without_a_key_that_it_is_healthy_and_what_it_checked_to_be_ready()
    {
        var url = await StartAsync();

        Assert.Equal("healthy", (await ReadAsync(url, "/health")).GetProperty("status").GetString());
        using var answer = await _http.GetAsync(new Uri(url, "/ready"), Stop);
        var ready = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Stop)).RootElement;
        Assert.Equal("ok", ready.GetProperty("checks").GetProperty("state").GetString());
        Assert.Equal(answer.IsSuccessStatusCode ? "ready" : "not_ready", ready.GetProperty("status").GetString());
    }

    [Fact]
    public async Task A_server_whose_state_file_takes_no_changes_is_not_ready()
    {
        var url = await StartAsync();
        using var other = new SqliteConnection($"Data Source={Path.Combine(_home.Path, "state.db")};Pooling=False");
        other.Open();
        other.Execute("BEGIN EXCLUSIVE");

        using var answer = await _http.GetAsync(new Uri(url, "/ready"), Stop);

        Assert.Equal(HttpStatusCode.ServiceUnavailable, answer.StatusCode);
        Assert.Contains("\"state\":\"failed\"", await answer.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_description_of_the_API_and_its_page_come_from_the_server_alone()
    {
        var url = await StartAsync();

        var document = await ReadAsync(url, "/openapi/v1.json");
        var page = await _http.GetStringAsync(new Uri(url, "/docs/"), Stop);

        Assert.True(document.GetProperty("paths").TryGetProperty("/v1/sandboxes/{id}/pause", out _));
        Assert.Contains("openapi/", page, StringComparison.Ordinal);
        Assert.DoesNotContain("cdn.", page, StringComparison.Ordinal);
        Assert.DoesNotContain("https://", page, StringComparison.Ordinal);
        foreach (var script in System.Text.RegularExpressions.Regex.Matches(page, "src=\"([^\"]+)\"").Select(match => match.Groups[1].Value))
        {
            using var answer = await _http.GetAsync(new Uri(new Uri(url, "/docs/"), script), Stop);
            Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        }
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData(null)]
    public async Task A_body_is_read_as_JSON_whatever_it_is_labelled_as(string? type)
    {
        var url = await StartAsync();
        using var content = new ByteArrayContent("{}"u8.ToArray());
        content.Headers.ContentType = type is null ? null : new(type);
        using var request = new HttpRequestMessage(HttpMethod.Post, new Uri(url, "/v1/sandboxes")) { Content = content };
        request.Headers.Add("X-API-Key", (await File.ReadAllTextAsync(Path.Combine(_home.Path, "first-api-key"), Stop)).Trim());

        using var answer = await _http.SendAsync(request, Stop);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("template_id", await answer.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_is_asked_to_end_does_so_though_an_event_stream_is_open()
    {
        var url = await StartAsync();
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(url, "/v1/sandboxes/events"));
        request.Headers.Add("X-API-Key", (await File.ReadAllTextAsync(Path.Combine(_home.Path, "first-api-key"), Stop)).Trim());
        using var stream = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Stop);
        Assert.Equal(HttpStatusCode.OK, stream.StatusCode);

        var stopping = _app!.StopAsync(Stop);

        await stream.Content.CopyToAsync(Stream.Null, Stop);
        await stopping;
    }

    [Fact]
    public async Task A_copy_of_the_state_file_is_made_while_a_server_runs_and_nothing_is_overwritten()
    {
        await StartAsync();
        var copy = Path.Combine(_home.Path, "copy.db");

        var first = await CommandRun.OfAsync(StateCommand.Create(), "state", "backup", copy, "--home", _home.Path);
        var second = await CommandRun.OfAsync(StateCommand.Create(), "state", "backup", copy, "--home", _home.Path);
        var nothing = await CommandRun.OfAsync(StateCommand.Create(), "state", "backup", Path.Combine(_home.Path, "x.db"), "--home", Path.Combine(_home.Path, "empty"));

        Assert.Equal((0, copy + "\n"), (first.ExitCode, first.Output));
        Assert.Contains("signing.key", first.Error, StringComparison.Ordinal);
        Assert.Equal((1, 1), (second.ExitCode, nothing.ExitCode));
        using var connection = new SqliteConnection($"Data Source={copy};Mode=ReadOnly;Pooling=False");
        connection.Open();
        Assert.Equal(["first"], connection.Query("SELECT name FROM api_keys", static row => row.GetString(0)));
    }

    [Fact]
    public async Task A_sandbox_that_stands_ready_is_shown_to_whoever_looks_after_the_machine_and_not_to_programs()
    {
        await StartAsync();
        var now = TimeProvider.System.GetUtcNow();
        new WarmSandboxStore(new StateDatabase(_home.Path)).Save(new WarmSandbox
        {
            BuildId = "build",
            MadeWith = "all that it is made with",
            Record = new SandboxRecord
            {
                Id = "1700000000ready",
                OrganizationId = 0,
                Status = Hopx.Client.SandboxStatus.Running,
                TemplateId = "72",
                TemplateName = "base",
                Resources = new Hopx.Client.SandboxResources { Vcpu = 1, MemoryMb = 1_024 },
                CreatedAt = now,
                UpdatedAt = now,
                ExpiresAt = now + TimeSpan.FromHours(1),
            },
        });

        var table = await CommandRun.OfAsync(SandboxCommand.Create(), "sandbox", "list", "--home", _home.Path);
        var json = await CommandRun.OfAsync(SandboxCommand.Create(), "sandbox", "list", "--json", "--home", _home.Path);

        Assert.Matches(@"1700000000ready +ready +base ", table.Output);
        Assert.Equal("[]\n", json.Output);
    }

    [Theory]
    [InlineData("", "", "", false)]
    [InlineData("http://127.0.0.1:4317", "", "", true)]
    [InlineData("", "http://127.0.0.1:4317", "", true)]
    [InlineData("http://127.0.0.1:4317", "", "true", false)]
    public void Telemetry_is_sent_only_where_the_environment_says_where_to(string endpoint, string metrics, string disabled, bool expected) => Assert.Equal(expected, Telemetry.IsWanted(name => name switch
    {
        "OTEL_EXPORTER_OTLP_ENDPOINT" => endpoint,
        "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT" => metrics,
        "OTEL_SDK_DISABLED" => disabled,
        _ => null,
    }));

    [Theory]
    [InlineData("LogFormat", "xml", "must be text or json")]
    [InlineData("WarmSandboxes", "many", "must be auto, a number from 0 to 100")]
    [InlineData("MemoryOvercommit", "0", "must be between 1 and 1000")]
    public void A_bad_setting_is_named_with_what_is_allowed(string name, string value, string expected)
    {
        var settings = HopxSettings.Load(new Dictionary<string, string> { [name] = value }, new Dictionary<string, string>(), file: "none");

        var refused = Assert.Throws<Hopx.Client.HopxException>(() => (settings.LogsJson, settings.ControlPlane()));

        Assert.Contains(expected, refused.Message, StringComparison.Ordinal);
    }

    private async Task<JsonElement> ReadAsync(Uri url, string path) => JsonDocument.Parse(await _http.GetStringAsync(new Uri(url, path), Stop)).RootElement;

    private async Task<Uri> StartAsync()
    {
        var settings = HopxSettings.Load(new Dictionary<string, string> { ["Home"] = _home.Path }, new Dictionary<string, string>(), file: "none");
        _lock = HomeLock.TryAcquire(_home.Path);
        _service = new HopxService(settings, StderrLogging.Quiet);
        _app = ServedApplication.Build(settings, _service, [ListenUrl.Parse("http://127.0.0.1:0")]);
        await ServedApplication.StartAsync(_app, Stop);
        await ServedApplication.OfferFirstKeyAsync(_app, TextWriter.Null);
        return new Uri(_app.Urls.First(address => Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Host is "127.0.0.1"));
    }
}
