using System.Net;
using System.Text;
using System.Text.Json;
using Hopx.Testing;

namespace Hopx.Mcp.Tests.LiveView;

/// <summary>What the page is served with, and who may call what; a real server over loopback, as beside stdio.</summary>
public sealed class LivePageTests : CloudTest
{
    private const string Control = """{"taken":false}""";

    [Fact]
    public async Task The_page_and_all_of_the_viewer_are_served_from_the_program()
    {
        await using var mcp = await StartAsync();
        using var http = new HttpClient();
        var url = await LinkAsync(mcp);

        foreach (var (path, type) in new[]
        {
            ("", "text/html"), ("live.js", "text/javascript"), ("live.css", "text/css"), ("icon.svg", "image/svg+xml"), ("novnc/core/rfb.js", "text/javascript"),
            ("novnc/vendor/pako/lib/zlib/inflate.js", "text/javascript"), ("novnc/LICENSE.txt", "text/plain"), ("novnc/docs/LICENSE.MPL-2.0", "text/plain"),
        })
        {
            using var response = await http.GetAsync(new Uri(url, path), Stop);
            Assert.Equal((HttpStatusCode.OK, type), (response.StatusCode, response.Content.Headers.ContentType!.MediaType));
            Assert.NotEqual(0, response.Content.Headers.ContentLength);
        }
    }

    [Fact]
    public async Task A_page_of_this_server_is_in_no_frame_runs_no_other_script_and_tells_nobody_where_it_was()
    {
        await using var mcp = await StartAsync();
        using var http = new HttpClient();
        var url = await LinkAsync(mcp);

        using var page = await http.GetAsync(url, Stop);
        using var again = new HttpRequestMessage(HttpMethod.Get, url);
        again.Headers.TryAddWithoutValidation("If-None-Match", page.Headers.ETag!.Tag);

        var policy = page.Headers.GetValues("Content-Security-Policy").Single();
        Assert.Contains("default-src 'none'; script-src 'self'; style-src 'self';", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Equal("DENY", page.Headers.GetValues("X-Frame-Options").Single());
        Assert.Equal("no-referrer", page.Headers.GetValues("Referrer-Policy").Single());
        Assert.Equal("nosniff", page.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Equal(HttpStatusCode.NotModified, (await http.SendAsync(again, Stop)).StatusCode);
        var html = await page.Content.ReadAsStringAsync(Stop);
        Assert.DoesNotContain("<style", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("style=", html, StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("onclick", html, StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_ticket_becomes_a_cookie_that_no_script_reads_and_no_other_path_gets()
    {
        await using var mcp = await StartAsync();
        using var http = new HttpClient(new HttpClientHandler { UseCookies = false });
        var (url, ticket) = await TicketAsync(mcp, "desktop_take_over", """{"conversation":"c","action":"ask","reason":"Log in, please."}""");

        using var opened = await OpenAsync(http, url, ticket);
        var facts = JsonDocument.Parse(await opened.Content.ReadAsStringAsync(Stop)).RootElement;
        var id = facts.GetProperty("session").GetString()!;
        var cookie = opened.Headers.GetValues("Set-Cookie").Single();
        using var used = await OpenAsync(http, url, ticket);

        Assert.Equal(HttpStatusCode.OK, opened.StatusCode);
        Assert.Equal((true, "Log in, please."), (facts.GetProperty("can_control").GetBoolean(), facts.GetProperty("reason").GetString()));
        Assert.Matches($"^hopx_live_{id}=[A-Za-z0-9_-]{{43}}; ", cookie);
        Assert.Contains($"path=/live/sessions/{id}", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("httponly", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("samesite=strict", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Contains("max-age=14400", cookie, StringComparison.OrdinalIgnoreCase);
        Assert.Equal(HttpStatusCode.Forbidden, used.StatusCode);
        Assert.Contains("was used already", await used.Content.ReadAsStringAsync(Stop), StringComparison.Ordinal);

        Plan(HttpMethod.Get, "/desktop/control", Control);
        Assert.Equal(HttpStatusCode.OK, (await SendAsync(http, HttpMethod.Get, new Uri(url, $"sessions/{id}"), cookie: cookie)).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync(http, HttpMethod.Get, new Uri(url, $"sessions/{id}"))).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await SendAsync(http, HttpMethod.Get, new Uri(url, $"sessions/{id}"), cookie: $"hopx_live_{id}=AAAA")).StatusCode);
    }

    [Fact]
    public async Task A_view_takes_no_control_and_who_may_gets_the_lease_never_to_see()
    {
        await using var mcp = await StartAsync();
        using var http = new HttpClient(new HttpClientHandler { UseCookies = false });
        var (url, viewTicket) = await TicketAsync(mcp, "desktop_view", """{"conversation":"c"}""");
        var (_, controlTicket) = await TicketAsync(mcp, "desktop_take_over", """{"conversation":"c","action":"ask"}""");
        var (view, viewCookie) = await SessionAsync(http, url, viewTicket);
        var (control, controlCookie) = await SessionAsync(http, url, controlTicket);
        var origin = url.GetLeftPart(UriPartial.Authority);
        Plan(HttpMethod.Get, "/desktop/control", Control);
        Plan(HttpMethod.Post, "/desktop/control/take", """{"taken":true,"holder":"A person","since":"2026-11-28T12:00:00Z","expires_at":"2026-11-28T12:10:00Z","lease":"the-secret-lease"}""");

        using var refused = await SendAsync(http, HttpMethod.Post, new Uri(url, $"sessions/{view}/take"), origin, viewCookie, "{}");
        using var foreign = await SendAsync(http, HttpMethod.Post, new Uri(url, $"sessions/{control}/take"), "http://localhost:1", controlCookie, "{}");
        using var silent = await SendAsync(http, HttpMethod.Post, new Uri(url, $"sessions/{control}/take"), origin: null, controlCookie, "{}");
        using var taken = await SendAsync(http, HttpMethod.Post, new Uri(url, $"sessions/{control}/take"), origin, controlCookie, "{}");
        var body = await taken.Content.ReadAsStringAsync(Stop);

        Assert.Equal(HttpStatusCode.Forbidden, refused.StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, foreign.StatusCode);
        Assert.Equal(HttpStatusCode.Forbidden, silent.StatusCode);
        Assert.Equal(HttpStatusCode.OK, taken.StatusCode);
        Assert.Contains("\"mine\":true", body, StringComparison.Ordinal);
        Assert.DoesNotContain("the-secret-lease", body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Bodies_that_are_no_small_JSON_are_refused()
    {
        await using var mcp = await StartAsync();
        using var http = new HttpClient();
        var url = await LinkAsync(mcp);
        var origin = url.GetLeftPart(UriPartial.Authority);

        foreach (var body in new[] { "", "{", "[]", "\"x\"", new string('x', 5_000) })
        {
            using var response = await SendAsync(http, HttpMethod.Post, new Uri(url, "session"), origin, body: body);
            Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        }
    }

    [Theory]
    [InlineData("evil.example", 403)]
    [InlineData("localhost", 200)]
    public async Task The_page_is_served_under_names_of_loopback_alone(string host, int status)
    {
        await using var mcp = await StartAsync();
        using var http = new HttpClient();
        var url = await LinkAsync(mcp);
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        request.Headers.Host = host;

        Assert.Equal(status, (int)(await http.SendAsync(request, Stop)).StatusCode);
    }

    private async Task<McpHarness> StartAsync()
    {
        var mcp = await McpHarness.StartAsync(Cloud, options => options.Toolsets = ["default", "desktop"]);
        (await mcp.CallAsync("run_code", new { conversation = "c", code = "1" }, Stop)).Succeeded();
        return mcp;
    }

    private async Task<Uri> LinkAsync(McpHarness mcp) => (await TicketAsync(mcp, "desktop_view", """{"conversation":"c"}""")).Url;

    private async Task<(Uri Url, string Ticket)> TicketAsync(McpHarness mcp, string tool, string arguments)
    {
        Plan(HttpMethod.Get, "/desktop/control", Control);
        var link = (await mcp.CallAsync(tool, JsonSerializer.Deserialize<Dictionary<string, object?>>(arguments)!, Stop)).Succeeded().Fact("link")!;
        var url = new Uri(link);
        return (new Uri(url.GetLeftPart(UriPartial.Path)), url.Fragment[1..]);
    }

    private static async Task<(string Id, string Cookie)> SessionAsync(HttpClient http, Uri url, string ticket)
    {
        using var opened = await OpenAsync(http, url, ticket);
        return (JsonDocument.Parse(await opened.Content.ReadAsStringAsync(Stop)).RootElement.GetProperty("session").GetString()!, opened.Headers.GetValues("Set-Cookie").Single());
    }

    private static Task<HttpResponseMessage> OpenAsync(HttpClient http, Uri url, string ticket) =>
        SendAsync(http, HttpMethod.Post, new Uri(url, "session"), url.GetLeftPart(UriPartial.Authority), body: $$"""{"ticket":"{{ticket}}"}""");

    private static async Task<HttpResponseMessage> SendAsync(HttpClient http, HttpMethod method, Uri url, string? origin = null, string? cookie = null, string? body = null)
    {
        using var request = new HttpRequestMessage(method, url);
        if (origin is not null)
        {
            request.Headers.Add("Origin", origin);
        }

        if (cookie is not null)
        {
            request.Headers.Add("Cookie", cookie.Split(';')[0]);
        }

        if (body is not null)
        {
            request.Content = new StringContent(body, Encoding.UTF8, "application/json");
        }

        return await http.SendAsync(request, Stop);
    }

    private void Plan(HttpMethod method, string path, string json) => Cloud.Answers.Add(method, path, PlannedAnswer.Json(json));
}
