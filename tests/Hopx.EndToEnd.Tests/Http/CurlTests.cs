using System.Diagnostics;
using System.Text.Json;
using Hopx.EndToEnd.Tests.Program;

namespace Hopx.EndToEnd.Tests.Http;

/// <summary>The requests of the API's documentation, made by curl as they stand there, with the key in either header.</summary>
public sealed class CurlTests(ServedProgram program) : IClassFixture<ServedProgram>
{
    [Theory]
    [InlineData("X-API-Key: {0}", "curl/8")]
    [InlineData("Authorization: Bearer {0}", "curl/8")]
    [InlineData("X-API-Key: {0}", "hopx-python/0.1.0")]
    public async Task Every_control_plane_endpoint_takes_the_key_in_either_header(string header, string agent)
    {
        var key = header.Replace("{0}", await program.Server.KeyAsync(), StringComparison.Ordinal);
        Task<(int Status, JsonElement Body)> Curl(string method, string path, string? body = null, params string[] more) => CurlAsync(key, agent, method, path, body, more);

        Assert.Equal((200, "healthy"), await TextAsync(Curl("GET", "/health"), "status"));
        Assert.Equal((200, "list"), await TextAsync(Curl("GET", "/v1/templates?category=development&limit=10&fields=id"), "object"));
        Assert.Equal((200, "72"), await TextAsync(Curl("GET", "/v1/templates/base"), "id"));

        // A number for the template, fields that nobody knows, and deprecated ones.
        var (status, sandbox) = await Curl("POST", "/v1/sandboxes", """{"template_id":72,"region":"local","timeout_seconds":600,"internet_access":false,"env_vars":{"A":"1"},"vcpu":8,"colour":"green"}""");
        Assert.Equal(201, status);
        var id = sandbox.GetProperty("id").GetString();
        Assert.StartsWith("eyJ", sandbox.GetProperty("auth_token").GetString(), StringComparison.Ordinal);
        Assert.Matches(@"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", sandbox.GetProperty("token_expires_at").GetString());

        var (_, got) = await Curl("GET", $"/v1/sandboxes/{id}");
        Assert.Equal((id, id, "sandbox", "running", "72"), (Text(got, "id"), Text(got, "sandbox_id"), Text(got, "object"), Text(got, "status"), Text(got, "template_id")));
        Assert.False(got.TryGetProperty("auth_token", out _));
        var (_, list) = await Curl("GET", "/v1/sandboxes?status=running&region=local&limit=1000");
        Assert.Contains(list.GetProperty("data").EnumerateArray(), one => Text(one, "id") == id);
        Assert.False(list.GetProperty("has_more").GetBoolean());

        // Without a body, but labelled as one with JSON: so does the Python SDK.
        foreach (var (step, reached) in new[] { ("pause", "paused"), ("pause", "paused"), ("resume", "running"), ("stop", "stopped"), ("start", "running"), ("start", "running") })
        {
            Assert.Equal((200, reached), await TextAsync(Curl("POST", $"/v1/sandboxes/{id}/{step}", body: ""), "status"));
        }

        var (timeoutStatus, timeout) = await Curl("PUT", $"/v1/sandboxes/{id}/timeout", """{"timeout_seconds":900}""");
        Assert.Equal((200, 900, id), (timeoutStatus, timeout.GetProperty("timeout_seconds").GetInt32(), Text(timeout, "id")));
        Assert.Equal((200, id), await TextAsync(Curl("POST", $"/v1/sandboxes/{id}/token/refresh", body: ""), "sandbox_id"));
        Assert.Equal((200, "deleted"), await TextAsync(Curl("DELETE", $"/v1/sandboxes/{id}"), "status"));
        Assert.Equal((404, true), ((await Curl("GET", $"/v1/sandboxes/{id}")) is var (gone, error) ? gone : 0, error.GetRawText().Contains("Sandbox not found", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("DELETE")]
    [InlineData("POST pause")]
    [InlineData("POST resume")]
    [InlineData("POST start")]
    [InlineData("POST stop")]
    [InlineData("POST token/refresh")]
    [InlineData("PUT timeout")]
    [InlineData("GET events")]
    [InlineData("GET metrics/stream")]
    public async Task A_sandbox_that_is_not_there_is_not_found_whatever_is_asked_of_it(string request)
    {
        var key = $"X-API-Key: {await program.Server.KeyAsync()}";
        var (method, path) = request.Split(' ') is [var one, var two] ? (one, "/" + two) : (request, "");

        var (status, body) = await CurlAsync(key, "curl/8", method, $"/v1/sandboxes/1700000000none{path}", method is "PUT" ? """{"timeout_seconds":1}""" : null);

        Assert.Equal((404, "RESOURCE_NOT_FOUND"), (status, Text(body, "code")));
        Assert.StartsWith("Sandbox not found", Text(body, "message"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_event_stream_is_one_for_curl_too()
    {
        var key = await program.Server.KeyAsync();

        // curl gives up after a second; what it has read until then is what counts.
        var (_, output) = await RunAsync(["-sS", "-N", "-i", "--max-time", "1", $"{program.Server.Url}v1/sandboxes/events?token={key}"]);

        Assert.StartsWith("HTTP/1.1 200", output, StringComparison.Ordinal);
        Assert.Contains("Content-Type: text/event-stream", output, StringComparison.Ordinal);
        Assert.Contains("Cache-Control: no-cache", output, StringComparison.Ordinal);
    }

    private static async Task<(int Status, string? Text)> TextAsync(Task<(int Status, JsonElement Body)> answer, string name) => (await answer) is var (status, body) ? (status, Text(body, name)) : default;

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();

    private async Task<(int Status, JsonElement Body)> CurlAsync(string key, string agent, string method, string path, string? body, params string[] more)
    {
        List<string> arguments = ["-sS", "-X", method, "-A", agent, "-H", key, "-w", "\n%{http_code}", .. more];
        if (body is not null)
        {
            arguments.AddRange(["-H", "Content-Type: application/json"]);
            if (body.Length > 0)
            {
                arguments.AddRange(["-d", body]);
            }
        }

        var (_, output) = await RunAsync([.. arguments, program.Server.Url.ToString().TrimEnd('/') + path]);
        var end = output.LastIndexOf('\n');
        return (int.Parse(output[(end + 1)..]), JsonDocument.Parse(output[..end]).RootElement.Clone());
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(IReadOnlyList<string> arguments)
    {
        var start = new ProcessStartInfo("curl", arguments) { RedirectStandardOutput = true };
        using var curl = Process.Start(start)!;
        var output = await curl.StandardOutput.ReadToEndAsync(Patience.Token);
        await curl.WaitForExitAsync(Patience.Token);
        return (curl.ExitCode, output);
    }
}
