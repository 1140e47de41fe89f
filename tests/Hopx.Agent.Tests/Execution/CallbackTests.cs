using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Threading.Channels;
using Hopx.Client;

namespace Hopx.Agent.Tests;

public sealed class CallbackTests : IAsyncLifetime
{
    private readonly HttpListener _receiver = new();
    private readonly Channel<(Dictionary<string, string> Headers, byte[] Body)> _received = Channel.CreateUnbounded<(Dictionary<string, string>, byte[])>();
    private readonly AgentFixture _agent = new(new() { ["Callbacks:AllowPrivateTargets"] = "true", ["Callbacks:FirstWait"] = "00:00:00" });
    private string _url = "";
    private int _refusals;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public async ValueTask InitializeAsync()
    {
        using (var probe = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0))
        {
            probe.Start();
            _url = $"http://127.0.0.1:{((IPEndPoint)probe.LocalEndpoint).Port}/";
        }

        _receiver.Prefixes.Add(_url);
        _receiver.Start();
        _ = ReceiveAsync();
        await _agent.InitializeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        await _agent.DisposeAsync();
        _receiver.Close();
    }

    [Fact]
    public async Task An_execution_without_a_usable_callback_is_refused()
    {
        foreach (var (code, body) in new[]
        {
            ("MISSING_PARAMETER", """{"code":"1"}"""),
            ("INVALID_REQUEST", """{"code":"1","callback_url":"nonsense"}"""),
            ("INVALID_REQUEST", """{"code":"1","callback_url":"file:///etc/passwd"}"""),
            ("INVALID_REQUEST", """{"code":"1","callback_url":"http://a/","callback_headers":{"X-A":"b\r\nX-C: d"}}"""),
            ("INVALID_REQUEST", """{"code":"1","callback_url":"http://a/","callback_headers":{"X A":"b"}}"""),
            ("MISSING_PARAMETER", """{"callback_url":"http://a/"}"""),
        })
        {
            await _agent.AssertRefusedAsync(HttpStatusCode.BadRequest, code, HttpMethod.Post, "/execute/async", body);
        }
    }

    [Fact]
    public async Task The_result_is_posted_with_a_signature_that_the_receiver_can_check()
    {
        var (status, answer) = await _agent.SendAsync(
            HttpMethod.Post,
            "/execute/async",
            $$"""{"code":"print('hello')","callback_url":"{{_url}}hook?a=b","callback_headers":{"X-Mine":"yes","Content-Type":"text/evil","X-HOPX-Signature":"forged","Authorization":"Bearer mine"},"callback_signature_secret":"geheim"}""");
        Assert.Equal((HttpStatusCode.OK, "queued", $"{_url}hook?a=b"), (status, Text(answer, "status"), Text(answer, "callback_url")));

        var (headers, body) = await _received.Reader.ReadAsync(Token);
        var result = JsonSerializer.Deserialize(body, HopxJson.Default.AsyncExecutionResult)!;
        Assert.Equal((Text(answer, "execution_id"), "completed", true, "hello\n", 0, null), (result.ExecutionId, result.Status, result.Success, result.Stdout, result.ExitCode, result.Error));
        Assert.Equal(("application/json", "yes", "Bearer mine"), (headers["Content-Type"], headers["X-Mine"], headers["Authorization"]));
        byte[] signed = [.. Encoding.ASCII.GetBytes(headers["X-HOPX-Timestamp"]), .. body];
        Assert.Equal("sha256=" + Convert.ToHexStringLower(HMACSHA256.HashData("geheim"u8, signed)), headers["X-HOPX-Signature"]);
        Assert.InRange(long.Parse(headers["X-HOPX-Timestamp"], CultureInfo.InvariantCulture), TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() - 60, TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + 1);
    }

    [Fact]
    public async Task A_name_is_left_to_the_proxy_and_a_private_address_never_goes_there()
    {
        using var proxy = new System.Net.Sockets.TcpListener(IPAddress.Loopback, 0);
        proxy.Start();
        await using var agent = new AgentFixture(new() { ["Callbacks:Proxy"] = $"http://127.0.0.1:{((IPEndPoint)proxy.LocalEndpoint).Port}", ["Callbacks:MaxTries"] = "1" });
        await agent.InitializeAsync();

        // Were it sent there, it would come first.
        await agent.SendAsync(HttpMethod.Post, "/execute/async", """{"code":"1","callback_url":"http://10.1.2.3/private"}""");
        await agent.SendAsync(HttpMethod.Post, "/execute/async", $$"""{"code":"1","callback_url":"{{_url}}"}""");
        await agent.SendAsync(HttpMethod.Post, "/execute/async", """{"code":"print('hello')","callback_url":"http://receiver.invalid/hook"}""");
        using var connection = await proxy.AcceptTcpClientAsync(Token);
        using var reader = new StreamReader(connection.GetStream());

        Assert.Equal("POST http://receiver.invalid/hook HTTP/1.1", await reader.ReadLineAsync(Token));
        Assert.False(_received.Reader.TryPeek(out _), "An address of this machine is refused, proxy or not.");
    }

    [Fact]
    public async Task Failures_and_timeouts_are_posted_too_and_a_receiver_that_fails_is_tried_again()
    {
        _refusals = 2;
        await _agent.SendAsync(HttpMethod.Post, "/execute/async", $$"""{"code":"raise ValueError('wrong')","callback_url":"{{_url}}"}""");
        var (headers, body) = await _received.Reader.ReadAsync(Token);
        var result = JsonSerializer.Deserialize(body, HopxJson.Default.AsyncExecutionResult)!;
        Assert.Equal(("failed", false, 1), (result.Status, result.Success, result.ExitCode));
        Assert.Contains("ValueError: wrong", result.Stderr, StringComparison.Ordinal);
        Assert.DoesNotContain("X-HOPX-Signature", headers.Keys);

        await _agent.SendAsync(HttpMethod.Post, "/execute/async", $$"""{"code":"sleep 100","language":"bash","timeout":0.2,"callback_url":"{{_url}}"}""");
        Assert.Equal("timeout", JsonSerializer.Deserialize((await _received.Reader.ReadAsync(Token)).Body, HopxJson.Default.AsyncExecutionResult)!.Status);
    }

    [Fact]
    public async Task More_executions_than_there_are_places_wait_for_their_turn()
    {
        await using var small = new AgentFixture(new() { ["Processes:MaxConcurrentRuns"] = "1", ["Callbacks:AllowPrivateTargets"] = "true", ["Processes:MaxQueuedRuns"] = "2", ["Processes:LongRunAfter"] = "00:01:00" });
        await small.InitializeAsync();
        var gate = Path.Combine(small.Home, "gate");
        await small.RunAsync($"mkfifo {gate}");
        string Body(string code) => $$"""{"code":"{{code}}","language":"bash","callback_url":"{{_url}}"}""";
        await small.SendAsync(HttpMethod.Post, "/execute/async", Body($"cat {gate}"));
        var second = (await small.SendAsync(HttpMethod.Post, "/execute/async", Body("echo second"))).Body;
        var third = (await small.SendAsync(HttpMethod.Post, "/execute/async", Body("echo third"))).Body;
        await small.AssertRefusedAsync(HttpStatusCode.TooManyRequests, "RESOURCE_LIMIT_ERROR", HttpMethod.Post, "/execute/async", Body("echo fourth"));
        Assert.Equal("queued", Text((await small.SendAsync(HttpMethod.Get, $"/jobs/{Text(second, "execution_id")}")).Body, "status"));
        await small.SendAsync(HttpMethod.Post, $"/execute/kill/{Text(third, "execution_id")}");
        await File.WriteAllTextAsync(gate, "first", Token);
        var statuses = new Dictionary<string, string>();
        while (statuses.Count < 3)
        {
            var result = JsonSerializer.Deserialize((await _received.Reader.ReadAsync(Token)).Body, HopxJson.Default.AsyncExecutionResult)!;
            statuses[result.ExecutionId] = $"{result.Status} {result.Stdout}";
        }

        Assert.Equal("completed second\n", statuses[Text(second, "execution_id")]);
        Assert.Equal("failed ", statuses[Text(third, "execution_id")]);
        Assert.Contains("completed first", statuses.Values);
    }

    [Fact]
    public async Task A_private_address_is_not_told_anything_unless_a_setting_allows_it()
    {
        await using var strict = new AgentFixture(new() { ["Callbacks:FirstWait"] = "00:00:00" });
        await strict.InitializeAsync();
        foreach (var host in new[] { "127.0.0.1", "localhost", "[::ffff:127.0.0.1]" })
        {
            var (status, answer) = await strict.SendAsync(HttpMethod.Post, "/execute/async", $$"""{"code":"1","callback_url":"{{new UriBuilder(_url) { Host = host }.Uri}}"}""");
            Assert.Equal(HttpStatusCode.OK, status);
            await strict.SendAsync(HttpMethod.Get, $"/jobs/{Text(answer, "execution_id")}/wait");
        }

        // Whatever was on its way would come before this one.
        await _agent.SendAsync(HttpMethod.Post, "/execute/async", $$"""{"code":"print('allowed')","callback_url":"{{_url}}"}""");
        Assert.Contains("allowed", Encoding.UTF8.GetString((await _received.Reader.ReadAsync(Token)).Body), StringComparison.Ordinal);
        Assert.False(_received.Reader.TryRead(out _));
    }

    [Theory]
    [InlineData("8.8.8.8", true)]
    [InlineData("2606:4700:4700::1111", true)]
    [InlineData("127.0.0.1", false)]
    [InlineData("10.1.2.3", false)]
    [InlineData("172.31.255.255", false)]
    [InlineData("172.32.0.1", true)]
    [InlineData("192.168.1.1", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("100.100.100.200", false)]
    [InlineData("0.0.0.0", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("::1", false)]
    [InlineData("::", false)]
    [InlineData("fe80::1", false)]
    [InlineData("fd00:ec2::254", false)]
    [InlineData("::ffff:10.0.0.1", false)]
    [InlineData("64:ff9b::a00:1", false)]
    [InlineData("2002:a00:1::", false)]
    public void Only_public_addresses_are_public(string address, bool isPublic) => Assert.Equal(isPublic, PublicAddresses.Includes(IPAddress.Parse(address)));

    [Fact]
    public void A_request_does_not_print_its_secrets()
    {
        var request = new AsyncExecuteRequest { Code = "x", CallbackUrl = "http://a/secret-path", CallbackSignatureSecret = "geheim" };
        Assert.DoesNotContain("geheim", request.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("secret-path", request.ToString(), StringComparison.Ordinal);
    }

    private static string Text(JsonElement element, string name) => element.GetProperty(name).GetString()!;

    private async Task ReceiveAsync()
    {
        try
        {
            while (true)
            {
                var context = await _receiver.GetContextAsync();
                using var body = new MemoryStream();
                await context.Request.InputStream.CopyToAsync(body);
                var isRefused = Interlocked.Decrement(ref _refusals) >= 0;
                context.Response.StatusCode = isRefused ? 503 : 204;
                context.Response.Close();
                if (!isRefused)
                {
                    var headers = context.Request.Headers.AllKeys.ToDictionary(name => name!, name => context.Request.Headers[name]!, StringComparer.OrdinalIgnoreCase);
                    await _received.Writer.WriteAsync((headers, body.ToArray()));
                }
            }
        }
        catch (Exception closed) when (closed is HttpListenerException or ObjectDisposedException)
        {
            // The test is over.
        }
    }
}
