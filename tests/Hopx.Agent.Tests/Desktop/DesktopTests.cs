using System.Net;

namespace Hopx.Agent.Tests;

public sealed class DesktopTests : IAsyncLifetime
{
    private readonly AgentFixture _agent = new(new Dictionary<string, string?> { ["Desktop:Program"] = "/no/such/hopx-desktop" });

    public ValueTask InitializeAsync() => _agent.InitializeAsync();

    public ValueTask DisposeAsync() => _agent.DisposeAsync();

    [Theory]
    [InlineData("/desktop/vnc/status")]
    [InlineData("/desktop/screenshot")]
    [InlineData("/desktop/mouse/click")]
    public async Task Without_a_desktop_every_route_names_what_is_missing(string route)
    {
        foreach (var verb in new[] { HttpMethod.Get, HttpMethod.Post })
        {
            var (status, body) = await _agent.SendAsync(verb, route, verb == HttpMethod.Post ? "{}" : null);

            Assert.Equal(HttpStatusCode.Conflict, status);
            Assert.Equal("DESKTOP_NOT_AVAILABLE", body.GetProperty("code").GetString());
            Assert.Contains("hopx-desktop", body.GetProperty("details").GetProperty("missing_dependencies").EnumerateArray().Select(name => name.GetString()));
        }
    }

    [Fact]
    public async Task Nobody_without_a_token_gets_near_a_desktop()
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, "/desktop/screenshot");
        request.Headers.TryAddWithoutValidation("Authorization", "Bearer no.such.token");

        using var response = await _agent.Http.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
    }
}
