using System.Net;
using System.Text;
using Hopx.ControlPlane.State;
using Hopx.Mcp.CommandLine;
using Hopx.Mcp.CommandLine.Local;
using Hopx.Mcp.CommandLine.Serving;
using Hopx.Mcp.CommandLine.Settings;
using Microsoft.AspNetCore.Builder;

namespace Hopx.Mcp.Tests.CommandLine;

public sealed class ServeTests : IAsyncLifetime
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
            await _app.StopAsync(CancellationToken.None);
            await _app.DisposeAsync();
        }

        if (_service is not null)
        {
            await _service.DisposeAsync();
        }

        _lock?.Dispose();
        _home.Dispose();
    }

    [Fact]
    public async Task The_API_always_needs_a_key()
    {
        var url = await StartAsync("http://127.0.0.1:0");

        Assert.Equal(HttpStatusCode.Unauthorized, (await _http.GetAsync(new Uri(url, "/v1/sandboxes"), Stop)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync(url, "/v1/sandboxes", ("X-API-Key", "hopx_live_AAAAAAAAAAAA.bm90IGEga2V5"))).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(url, "/v1/sandboxes", ("X-API-Key", await FirstKeyAsync()))).StatusCode);
    }

    [Fact]
    public async Task On_loopback_MCP_needs_no_key()
    {
        var url = await StartAsync("http://127.0.0.1:0");

        Assert.Equal(HttpStatusCode.OK, (await ListToolsAsync(url, apiKey: null)).StatusCode);
    }

    [Fact]
    public async Task Beyond_loopback_MCP_needs_a_key_too()
    {
        var url = await StartAsync("http://0.0.0.0:0");

        Assert.Equal(HttpStatusCode.Unauthorized, (await ListToolsAsync(url, apiKey: null)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await ListToolsAsync(url, await FirstKeyAsync())).StatusCode);
    }

    [Theory]
    [InlineData("Host", "evil.example")]
    [InlineData("Origin", "https://evil.example")]
    public async Task Web_pages_and_foreign_names_reach_neither_MCP_nor_the_API(string header, string value)
    {
        var url = await StartAsync("http://127.0.0.1:0");

        Assert.Equal(HttpStatusCode.Forbidden, (await SendAsync(url, "/v1/sandboxes", (header, value))).StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, (await SendAsync(url, "/mcp", (header, value))).StatusCode);
    }

    [Fact]
    public async Task The_root_tells_what_this_is_and_health_that_it_lives()
    {
        var url = await StartAsync("http://127.0.0.1:0");

        Assert.Contains("/mcp", await _http.GetStringAsync(url, Stop), StringComparison.Ordinal);
        Assert.Contains("healthy", await _http.GetStringAsync(new Uri(url, "/health"), Stop), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_first_key_is_for_its_owner_alone_and_is_told_once_without_being_shown()
    {
        await StartAsync("http://127.0.0.1:0");
        using var again = new StringWriter();

        await ServedApplication.OfferFirstKeyAsync(_app!, again);

        Assert.Equal("", again.ToString());
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_home.Path, "first-api-key")));
    }

    [Fact]
    public async Task A_port_that_is_taken_is_named()
    {
        var url = await StartAsync("http://127.0.0.1:0");
        using var other = new TemporaryDirectory();

        var run = await CommandRun.OfAsync(ServeCommand.Create(), "serve", "--urls", url.ToString(), "--home", other.Path);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains($":{url.Port}", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_second_server_on_the_same_home_is_told_who_is_the_first()
    {
        await StartAsync("http://127.0.0.1:0");

        var run = await CommandRun.OfAsync(ServeCommand.Create(), "serve", "--urls", "http://127.0.0.1:0", "--home", _home.Path);

        Assert.Equal(1, run.ExitCode);
        Assert.Contains($"Process {Environment.ProcessId} ", run.Error, StringComparison.Ordinal);
        Assert.Equal(Environment.ProcessId, HomeOwner.Find(_home.Path));
    }

    [Fact]
    public void A_home_that_nobody_holds_has_no_owner()
    {
        Assert.Null(HomeOwner.Find(_home.Path));

        HomeLock.TryAcquire(_home.Path)!.Dispose();

        Assert.Null(HomeOwner.Find(_home.Path));
    }

    private async Task<Uri> StartAsync(string url)
    {
        var settings = HopxSettings.Load(new Dictionary<string, string> { ["Home"] = _home.Path }, new Dictionary<string, string>(), file: "none");
        _lock = HomeLock.TryAcquire(_home.Path);
        _service = new HopxService(settings, StderrLogging.Quiet);
        _app = ServedApplication.Build(settings, _service, [ListenUrl.Parse(url)]);
        await ServedApplication.StartAsync(_app, Stop);
        using var told = new StringWriter();
        await ServedApplication.OfferFirstKeyAsync(_app, told);
        Assert.DoesNotContain(await FirstKeyAsync(), told.ToString(), StringComparison.Ordinal);
        return new Uri($"http://127.0.0.1:{new Uri(_app.Urls.First(address => Uri.TryCreate(address, UriKind.Absolute, out var uri) && uri.Port > 0 && uri.Host is "127.0.0.1" or "0.0.0.0")).Port}");
    }

    private async Task<string> FirstKeyAsync() => (await File.ReadAllTextAsync(Path.Combine(_home.Path, "first-api-key"), Stop)).Trim();

    private Task<HttpResponseMessage> ListToolsAsync(Uri url, string? apiKey)
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(url, "/mcp"))
        {
            Content = new StringContent(
                """
                {
                  "jsonrpc": "2.0", "id": 1, "method": "tools/list",
                  "params": { "_meta": { "io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {} } }
                }
                """,
                Encoding.UTF8,
                "application/json"),
        };
        request.Headers.Add("Accept", "application/json, text/event-stream");
        request.Headers.Add("MCP-Protocol-Version", "2026-07-28");
        request.Headers.Add("Mcp-Method", "tools/list");
        if (apiKey is not null)
        {
            request.Headers.Add("X-API-Key", apiKey);
        }

        return _http.SendAsync(request, Stop);
    }

    private Task<HttpResponseMessage> SendAsync(Uri url, string path, (string Name, string Value) header)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, new Uri(url, path));
        request.Headers.Add(header.Name, header.Value);
        return _http.SendAsync(request, Stop);
    }
}
