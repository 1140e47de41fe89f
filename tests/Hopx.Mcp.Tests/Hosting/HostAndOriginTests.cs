using System.Net;
using System.Text;

namespace Hopx.Mcp.Tests.Hosting;

public sealed class HostAndOriginTests : CloudTest
{
    [Theory]
    [InlineData("evil.example.com", null)]
    [InlineData("localhost.evil.example.com", null)]
    [InlineData("169.254.169.254", null)]
    [InlineData("localhost", "https://evil.example.com")]
    [InlineData("localhost", "http://localhost.evil.example.com")]
    [InlineData("localhost", "null")]
    [InlineData("localhost", "file:///etc/passwd")]
    public async Task A_foreign_host_or_origin_is_refused(string host, string? origin)
    {
        await using var mcp = await McpHarness.StartHttpAsync(Cloud);

        Assert.Equal(HttpStatusCode.Forbidden, await PostAsync(mcp, host, origin));
        Assert.Empty(Cloud.Requests.All);
    }

    [Theory]
    [InlineData("localhost", null)]
    [InlineData("127.0.0.1:7070", "http://127.0.0.1:3000")]
    [InlineData("[::1]:7070", "http://localhost:6274")]
    public async Task Loopback_is_served(string host, string? origin)
    {
        await using var mcp = await McpHarness.StartHttpAsync(Cloud);

        Assert.Equal(HttpStatusCode.OK, await PostAsync(mcp, host, origin));
    }

    [Fact]
    public async Task A_configured_host_and_origin_are_served()
    {
        await using var mcp = await McpHarness.StartHttpAsync(Cloud, options =>
        {
            options.AllowedHosts = ["mcp.example.org"];
            options.AllowedOrigins = ["https://app.example.org"];
        });

        Assert.Equal(HttpStatusCode.OK, await PostAsync(mcp, "mcp.example.org", "https://app.example.org"));
        Assert.Equal(HttpStatusCode.Forbidden, await PostAsync(mcp, "mcp.example.org", "https://other.example.org"));
    }

    private static async Task<HttpStatusCode> PostAsync(McpHarness mcp, string host, string? origin)
    {
        using var http = mcp.CreateHttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Post, "http://localhost/mcp");
        request.Headers.Host = host;
        request.Headers.Add("Accept", ["application/json", "text/event-stream"]);
        if (origin is not null)
        {
            request.Headers.Add("Origin", origin);
        }

        request.Content = new StringContent(
            """{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"t","version":"1"}}}""",
            Encoding.UTF8,
            "application/json");
        using var response = await http.SendAsync(request, TestContext.Current.CancellationToken);
        return response.StatusCode;
    }
}
