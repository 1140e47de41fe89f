using System.Net;
using System.Net.Http.Headers;
using System.Security.Cryptography;
using System.Text;

namespace Hopx.Agent.Tests;

public sealed class AccessTests(AgentFixture agent) : IClassFixture<AgentFixture>
{
    [Theory]
    [InlineData("/")]
    [InlineData("/ping")]
    [InlineData("/health")]
    [InlineData("/info")]
    public async Task Open_routes_need_no_token(string path)
    {
        Assert.Equal(HttpStatusCode.OK, await GetAsync(path, null));
    }

    [Fact]
    public async Task A_request_without_a_token_is_refused()
    {
        Assert.Equal(HttpStatusCode.Unauthorized, await GetAsync("/env", null));
    }

    [Fact]
    public async Task A_good_token_is_accepted()
    {
        Assert.Equal(HttpStatusCode.OK, await GetAsync("/env", agent.Tokens.Make()));
    }

    [Fact]
    public async Task Tokens_with_wrong_claims_are_refused()
    {
        string[] tokens =
        [
            agent.Tokens.Make(subject: "another"),
            agent.Tokens.Make(audience: "elsewhere"),
            agent.Tokens.Make(issuer: "somebody"),
            agent.Tokens.Make(validSeconds: -1),
            agent.Tokens.Make()[..^4] + "AAAA",
            "eyJhbGciOi",
            new string('x', 20_000),
        ];
        foreach (var token in tokens)
        {
            Assert.Equal(HttpStatusCode.Unauthorized, await GetAsync("/env", token));
        }
    }

    [Fact]
    public async Task Unsigned_tokens_and_tokens_signed_with_the_public_key_are_refused()
    {
        const string Claims = """{"iss":"hopx","aud":"hopx-agent","sub":"sb1","exp":99999999999}""";
        var none = $"{TestTokens.Encode("""{"alg":"none"}"""u8.ToArray())}.{TestTokens.Encode(Encoding.UTF8.GetBytes(Claims))}.";
        var signed = $"{TestTokens.Encode("""{"alg":"HS256"}"""u8.ToArray())}.{TestTokens.Encode(Encoding.UTF8.GetBytes(Claims))}";
        var hmac = $"{signed}.{TestTokens.Encode(HMACSHA256.HashData(Convert.FromBase64String(agent.Tokens.PublicKey), Encoding.ASCII.GetBytes(signed)))}";
        Assert.Equal(HttpStatusCode.Unauthorized, await GetAsync("/env", none));
        Assert.Equal(HttpStatusCode.Unauthorized, await GetAsync("/env", hmac));
        Assert.Equal(HttpStatusCode.Unauthorized, await GetAsync("/env", agent.Tokens.Sign("""{"alg":"ES256"}""", """{"iss":"hopx","aud":"hopx-agent","sub":"sb1"}""")));
    }

    [Fact]
    public async Task The_deadline_is_moved_by_the_control_plane_alone()
    {
        Assert.Equal(HttpStatusCode.Forbidden, await PutDeadlineAsync(agent.Tokens.Make()));
        Assert.Equal(HttpStatusCode.OK, await PutDeadlineAsync(agent.Tokens.Make(scope: "control")));
    }

    [Fact]
    public async Task Unknown_routes_and_wrong_methods_are_named()
    {
        await agent.AssertRefusedAsync(HttpStatusCode.NotFound, "RESOURCE_NOT_FOUND", HttpMethod.Get, "/nowhere");
        await agent.AssertRefusedAsync(HttpStatusCode.MethodNotAllowed, "METHOD_NOT_ALLOWED", HttpMethod.Get, "/execute");
        var (_, body) = await agent.SendAsync(HttpMethod.Get, "/nowhere");
        Assert.StartsWith("Unknown endpoint", body.GetProperty("message").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_request_identifier_comes_back()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/health") { Headers = { { "X-Request-ID", "mine-1" } } };
        using var response = await agent.Http.SendAsync(request, TestContext.Current.CancellationToken);
        Assert.Equal(["mine-1"], response.Headers.GetValues("X-Request-ID"));
        Assert.False(response.Headers.Contains("Server"));
    }

    private async Task<HttpStatusCode> GetAsync(string path, string? token) => await SendAsync(new HttpRequestMessage(HttpMethod.Get, path), token);

    private async Task<HttpStatusCode> PutDeadlineAsync(string token) => await SendAsync(
        new HttpRequestMessage(HttpMethod.Put, "/control/deadline") { Content = new StringContent("""{"deadline":null}""") }, token);

    private async Task<HttpStatusCode> SendAsync(HttpRequestMessage request, string? token)
    {
        using (request)
        {
            request.Headers.Authorization = token is null ? new AuthenticationHeaderValue("Basic") : new AuthenticationHeaderValue("Bearer", token);
            using var response = await agent.Http.SendAsync(request, TestContext.Current.CancellationToken);
            return response.StatusCode;
        }
    }
}
