using System.Net;
using System.Text;
using System.Text.Json;
using Hopx.Client;
using Hopx.EndToEnd.Tests.Program;

namespace Hopx.EndToEnd.Tests.Http;

/// <summary>The HopX API as any HTTP client sees it.</summary>
public sealed class ApiTests(ServedProgram program) : IClassFixture<ServedProgram>, IDisposable
{
    private readonly HttpClient _http = new() { BaseAddress = program.Server.Url, Timeout = Patience.Time };

    public void Dispose() => _http.Dispose();

    [Fact]
    public async Task Health_needs_no_key()
    {
        using var health = JsonDocument.Parse(await _http.GetStringAsync("/health", Patience.Token));

        Assert.Equal("healthy", health.RootElement.GetProperty("status").GetString());
    }

    [Theory]
    [InlineData("X-API-Key", "{0}")]
    [InlineData("Authorization", "Bearer {0}")]
    [InlineData("Authorization", "bearer {0}")]
    public async Task A_key_is_taken_in_either_header(string header, string form)
    {
        using var answer = await SendAsync("/v1/sandboxes", (header, form.Replace("{0}", await program.Server.KeyAsync(), StringComparison.Ordinal)));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Theory]
    [InlineData("GET", "/v1/sandboxes")]
    [InlineData("POST", "/v1/sandboxes")]
    [InlineData("GET", "/v1/templates")]
    [InlineData("GET", "/v1/sandboxes/1763942400abcdef00")]
    [InlineData("DELETE", "/v1/sandboxes/1763942400abcdef00")]
    public async Task Without_a_key_or_with_a_wrong_one_nothing_is_told(string method, string path)
    {
        foreach (var header in new (string, string)?[] { null, ("X-API-Key", "hopx_live_AAAAAAAAAAAA.bm90IGEga2V5"), ("Authorization", "Bearer nonsense") })
        {
            using var request = new HttpRequestMessage(new HttpMethod(method), path);
            if (header is var (name, value))
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }

            using var answer = await _http.SendAsync(request, Patience.Token);

            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
            Assert.Contains("API key", await answer.Content.ReadAsStringAsync(Patience.Token), StringComparison.OrdinalIgnoreCase);
        }
    }

    [Theory]
    [InlineData("/mcp", "Host", "evil.example.com")]
    [InlineData("/mcp", "Host", "localhost.evil.example.com")]
    [InlineData("/mcp", "Origin", "https://evil.example.com")]
    [InlineData("/mcp", "Origin", "null")]
    [InlineData("/v1/sandboxes", "Host", "evil.example.com")]
    [InlineData("/v1/sandboxes", "Origin", "https://evil.example.com")]
    [InlineData("/v1/sandboxes", "Origin", "null")]
    public async Task A_foreign_host_or_origin_is_refused_whatever_key_it_brings(string path, string header, string value)
    {
        using var answer = await SendAsync(path, (header, value), ("X-API-Key", await program.Server.KeyAsync()));

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    [Fact]
    public async Task A_key_of_another_organization_sees_nothing()
    {
        using var owner = await program.Server.CreateClientAsync();
        using var stranger = await program.Server.CreateClientAsync(await program.Server.CreateKeyAsync(organization: 2));
        var sandbox = await owner.Sandboxes.CreateAsync(new CreateSandboxRequest { TemplateName = "base" }, Patience.Token);

        Assert.Contains((await owner.Sandboxes.ListAsync(cancellationToken: Patience.Token)).Data!, listed => listed.Id == sandbox.Id);
        Assert.Empty((await stranger.Sandboxes.ListAsync(cancellationToken: Patience.Token)).Data!);
        await HasNoneAsync(() => stranger.Sandboxes.GetAsync(sandbox.Id, Patience.Token));
        await HasNoneAsync(() => stranger.Sandboxes.RefreshTokenAsync(sandbox.Id, Patience.Token));
        await HasNoneAsync(() => stranger.Sandboxes.SetTimeoutAsync(sandbox.Id, TimeSpan.FromMinutes(1), Patience.Token));
        await HasNoneAsync(() => stranger.Sandboxes.DeleteAsync(sandbox.Id, Patience.Token));
        await HasNoneAsync(() => stranger.Agent(sandbox.Id).Files.ReadAsync("/etc/hostname", Patience.Token));
        await using var mcp = await program.Server.ConnectAsync(key: await program.Server.CreateKeyAsync(organization: 2));
        Assert.Contains(sandbox.Id, await mcp.RefuseAsync("run_command", new { command = "true", sandbox_id = sandbox.Id }), StringComparison.Ordinal);
        Assert.DoesNotContain(sandbox.Id, (await mcp.DoAsync("sandbox_list")).Text(), StringComparison.Ordinal);

        Assert.Equal(SandboxStatus.Running, (await owner.Sandboxes.GetAsync(sandbox.Id, Patience.Token)).Status);
        await owner.Sandboxes.DeleteAsync(sandbox.Id, Patience.Token);
    }

    [Fact]
    public async Task A_token_opens_its_own_sandbox_and_no_other()
    {
        using var client = await program.Server.CreateClientAsync();
        var first = await client.Sandboxes.CreateAsync(new CreateSandboxRequest { TemplateName = "base" }, Patience.Token);
        var second = await client.Sandboxes.CreateAsync(new CreateSandboxRequest { TemplateName = "base" }, Patience.Token);
        var token = (await client.Sandboxes.RefreshTokenAsync(first.Id, Patience.Token)).AuthToken;

        Assert.Equal(HttpStatusCode.OK, await ListFilesAsync(first, token));
        Assert.Equal(HttpStatusCode.Unauthorized, await ListFilesAsync(second, token));
        Assert.Equal(HttpStatusCode.Unauthorized, await ListFilesAsync(first, token: null));

        await client.Sandboxes.DeleteAsync(first.Id, Patience.Token);
        await client.Sandboxes.DeleteAsync(second.Id, Patience.Token);
    }

    [Fact]
    public async Task A_sandbox_ends_at_the_end_of_its_lifetime()
    {
        using var client = await program.Server.CreateClientAsync();
        var sandbox = await client.Sandboxes.CreateAsync(new CreateSandboxRequest { TemplateName = "base", TimeoutSeconds = 2 }, Patience.Token);

        var patience = Patience.Token;
        while ((await client.Sandboxes.ListAsync(cancellationToken: patience)).Data!.Any(listed => listed.Id == sandbox.Id))
        {
            await Task.Delay(100, patience);
        }

        await HasNoneAsync(() => client.Sandboxes.GetAsync(sandbox.Id, patience));
    }

    [Theory]
    [InlineData("{", HttpStatusCode.BadRequest, "JSON")]
    [InlineData("[]", HttpStatusCode.BadRequest, "JSON")]
    [InlineData("{}", HttpStatusCode.BadRequest, "template_name")]
    [InlineData("""{"template_name":"no-such-template"}""", HttpStatusCode.NotFound, "no-such-template")]
    [InlineData("""{"template_name":"base","timeout_seconds":0}""", HttpStatusCode.BadRequest, "timeout_seconds is 0")]
    [InlineData("""{"template_name":"base","timeout_seconds":"soon"}""", HttpStatusCode.BadRequest, "timeout_seconds")]
    [InlineData("""{"template_name":"base","region":"mars"}""", HttpStatusCode.BadRequest, "'mars'")]
    public async Task A_sandbox_that_cannot_be_made_is_told_why(string body, HttpStatusCode status, string expected)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/sandboxes") { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        request.Headers.Add("X-API-Key", await program.Server.KeyAsync());

        using var answer = await _http.SendAsync(request, Patience.Token);

        Assert.Equal(status, answer.StatusCode);
        using var error = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Patience.Token));
        Assert.Contains(expected, error.RootElement.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    private static async Task HasNoneAsync(Func<Task> call)
    {
        var failure = await Assert.ThrowsAsync<HopxException>(call);
        Assert.True(failure.MeansSandboxGone, failure.Message);
    }

    private async Task<HttpStatusCode> ListFilesAsync(Sandbox sandbox, string? token)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(new Uri(sandbox.PublicHost!), "/files/list?path=/workspace"));
        request.Headers.Authorization = token is null ? null : new("Bearer", token);
        using var answer = await _http.SendAsync(request, Patience.Token);
        return answer.StatusCode;
    }

    private async Task<HttpResponseMessage> SendAsync(string path, params (string Name, string Value)[] headers)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        foreach (var (name, value) in headers)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await _http.SendAsync(request, Patience.Token);
    }
}
