using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using Hopx.ControlPlane.ApiKeys;
using Hopx.ControlPlane.Tests.Sandboxes;
using Hopx.Testing;

namespace Hopx.ControlPlane.Tests.Hosting;

/// <summary>What many callers may do, how often, and how they are told.</summary>
public sealed class CallersTests(PreparedMachine machine) : IAsyncLifetime
{
    private readonly TemporaryHome _home = new();
    private RealControlPlane _plane = null!;
    private HttpClient _http = null!;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        await machine.PrepareAsync();
        _plane = new RealControlPlane(machine, _home.Path);
        _http = new HttpClient(_plane.Embedded.CreateTransport()) { BaseAddress = new Uri("http://localhost") };
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await _plane.DisposeAsync();
        _home.Dispose();
    }

    [Fact]
    public async Task A_read_only_key_looks_and_neither_changes_nor_enters()
    {
        var sandbox = await _plane.CreateAsync();
        var (_, key) = _plane.Embedded.CreateKey("looker", organizationId: 1, ApiKeyScope.ReadOnly);

        Assert.Equal(HttpStatusCode.OK, (await SendAsync(HttpMethod.Get, "/v1/sandboxes", key)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(HttpMethod.Get, $"/v1/sandboxes/{sandbox.Id}", key)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(HttpMethod.Get, "/v1/templates", key)).StatusCode);
        foreach (var (method, path) in new[]
        {
            (HttpMethod.Post, "/v1/sandboxes"), (HttpMethod.Delete, $"/v1/sandboxes/{sandbox.Id}"), (HttpMethod.Post, $"/v1/sandboxes/{sandbox.Id}/pause"),
            (HttpMethod.Put, $"/v1/sandboxes/{sandbox.Id}/timeout"), (HttpMethod.Post, $"/v1/sandboxes/{sandbox.Id}/token/refresh"),
            // The agent's own address, where the key would be exchanged for a token.
            (HttpMethod.Get, $"{sandbox.PublicHost}/files/list?path=/"),
        })
        {
            using var refused = await SendAsync(method, path, key);
            Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
            Assert.Equal("FORBIDDEN", (await refused.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("code").GetString());
        }

        await _plane.Client.Sandboxes.DeleteAsync(sandbox.Id, Cancellation);
    }

    [Fact]
    public async Task Who_asks_too_often_is_told_how_long_to_wait_and_others_are_not_kept_waiting()
    {
        _plane.Options.RequestsPerMinute = 3;
        await _plane.Client.Sandboxes.ListAsync(cancellationToken: Cancellation);
        var (_, busy) = _plane.Embedded.CreateKey("busy", organizationId: 1);
        var (_, calm) = _plane.Embedded.CreateKey("calm", organizationId: 1);

        var left = new List<string>();
        for (var count = 0; count < 3; count++)
        {
            using var taken = await SendAsync(HttpMethod.Get, "/v1/sandboxes", busy);
            Assert.Equal("3", Header(taken, "X-RateLimit-Limit"));
            left.Add(Header(taken, "X-RateLimit-Remaining"));
            Assert.InRange(long.Parse(Header(taken, "X-RateLimit-Reset")), TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() - 1, TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + 61);
        }

        Assert.Equal(["2", "1", "0"], left);
        using var refused = await SendAsync(HttpMethod.Get, "/v1/sandboxes", busy);
        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        var wait = long.Parse(Header(refused, "Retry-After"));
        Assert.InRange(wait, 1, 20);
        Assert.Equal("0", Header(refused, "X-RateLimit-Remaining"));
        var error = await refused.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
        Assert.Equal("RATE_LIMIT_EXCEEDED", error.GetProperty("code").GetString());
        Assert.Equal((wait, wait), (error.GetProperty("retry_after").GetInt64(), error.GetProperty("details").GetProperty("retry_after_seconds").GetInt64()));

        using var python = await SendAsync(HttpMethod.Get, "/v1/sandboxes", busy, "hopx-python/0.1.0");
        Assert.Equal(wait, (await python.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("error").GetProperty("details").GetProperty("retry_after_seconds").GetInt64(), 1.0);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(HttpMethod.Get, "/v1/sandboxes", calm)).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(HttpMethod.Get, "/health", busy)).StatusCode);
    }

    [Fact]
    public async Task An_organization_has_its_quota_and_another_one_its_own()
    {
        _plane.Options.MaxSandboxesPerOrganization = 1;
        var sandbox = await _plane.CreateAsync();
        var (_, other) = _plane.Embedded.CreateKey("other", organizationId: 2);
        using var second = JsonContent.Create(new { template_name = "base" });
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/sandboxes") { Content = second };

        using var refused = await _http.SendAsync(request, Cancellation);

        Assert.Equal(HttpStatusCode.TooManyRequests, refused.StatusCode);
        var error = await refused.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
        Assert.Equal("RESOURCE_LIMIT_ERROR", error.GetProperty("code").GetString());
        Assert.Equal((1, 1), (error.GetProperty("details").GetProperty("limit").GetInt32(), error.GetProperty("details").GetProperty("current").GetInt32()));
        using var content = JsonContent.Create(new { template_name = "base" });
        using var allowed = new HttpRequestMessage(HttpMethod.Post, "/v1/sandboxes") { Content = content, Headers = { { "X-API-Key", other } } };
        using var made = await _http.SendAsync(allowed, Cancellation);
        Assert.Equal(HttpStatusCode.Created, made.StatusCode);
        using var deleted = await SendAsync(HttpMethod.Delete, $"/v1/sandboxes/{(await made.Content.ReadFromJsonAsync<JsonElement>(Cancellation)).GetProperty("id").GetString()}", other);
        Assert.Equal(HttpStatusCode.OK, deleted.StatusCode);
        await _plane.Client.Sandboxes.DeleteAsync(sandbox.Id, Cancellation);
    }

    [Theory]
    [InlineData("GET", "/v1/nothing", 404, "RESOURCE_NOT_FOUND", false)]
    [InlineData("GET", "/nothing", 404, "RESOURCE_NOT_FOUND", false)]
    [InlineData("PATCH", "/v1/sandboxes", 405, "METHOD_NOT_ALLOWED", false)]
    [InlineData("GET", "/v1/sandboxes/1700000000none", 404, "RESOURCE_NOT_FOUND", false)]
    [InlineData("GET", "/v1/nothing", 404, "RESOURCE_NOT_FOUND", true)]
    [InlineData("PATCH", "/v1/sandboxes", 405, "METHOD_NOT_ALLOWED", true)]
    [InlineData("GET", "/v1/sandboxes/1700000000none", 404, "RESOURCE_NOT_FOUND", true)]
    public async Task Every_error_has_a_code_and_an_id_in_the_caller_s_dialect(string method, string path, int status, string code, bool isPython)
    {
        using var answer = await SendAsync(new HttpMethod(method), path, key: null, isPython ? "hopx-python/0.1.0" : "curl/8");

        Assert.Equal(status, (int)answer.StatusCode);
        Assert.Equal("application/json", answer.Content.Headers.ContentType!.MediaType);
        var body = await answer.Content.ReadFromJsonAsync<JsonElement>(Cancellation);
        Assert.Equal(isPython ? JsonValueKind.Object : JsonValueKind.String, body.GetProperty("error").ValueKind);
        Assert.Equal(code, (isPython ? body.GetProperty("error") : body).GetProperty("code").GetString());
        Assert.Equal(Header(answer, "X-Request-ID"), body.GetProperty("request_id").GetString());
    }

    [Fact]
    public async Task Two_slashes_are_one_and_nobody_is_redirected()
    {
        using var answer = await _http.GetAsync(new Uri("http://localhost//v1/sandboxes"), Cancellation);

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    private async Task<HttpResponseMessage> SendAsync(HttpMethod method, string path, string? key, string agent = "test")
    {
        using var http = path.StartsWith("http", StringComparison.Ordinal) ? new HttpClient() : null;
        using var request = new HttpRequestMessage(method, path);
        request.Headers.UserAgent.ParseAdd(agent);
        if (key is not null)
        {
            request.Headers.Add("X-API-Key", key);
        }

        return await (http ?? _http).SendAsync(request, Cancellation);
    }

    private static string Header(HttpResponseMessage answer, string name) => Assert.Single(answer.Headers.GetValues(name));
}
