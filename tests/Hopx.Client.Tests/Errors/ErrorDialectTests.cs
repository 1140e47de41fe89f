using System.Text;
using Hopx.Testing;

namespace Hopx.Client.Tests.Errors;

public sealed class ErrorDialectTests : CloudTest
{
    [Theory]
    [InlineData("""{"error":"no room","code":"RESOURCE_LIMIT_ERROR","request_id":"req_9"}""")]
    [InlineData("""{"error":"ERR","message":"no room","code":"RESOURCE_LIMIT_ERROR","request_id":"req_9"}""")]
    [InlineData("""{"error":{"message":"no room","code":"RESOURCE_LIMIT_ERROR","request_id":"req_9","details":{}}}""")]
    [InlineData("""{"error":{"message":"no room"},"code":"resource_limit_error","request_id":"req_9"}""")]
    public async Task Every_dialect_is_understood(string body)
    {
        var failure = await FailingCallAsync(PlannedAnswer.Failure(403, body));

        Assert.Equal(HopxErrorCode.ResourceLimitError, failure.Code);
        Assert.Equal(("no room", 403, "req_9"), (failure.Message, failure.StatusCode, failure.RequestId));
    }

    [Theory]
    [InlineData(400, HopxErrorCode.InvalidRequest)]
    [InlineData(401, HopxErrorCode.InvalidToken)]
    [InlineData(402, HopxErrorCode.PaymentRequired)]
    [InlineData(403, HopxErrorCode.Forbidden)]
    [InlineData(405, HopxErrorCode.MethodNotAllowed)]
    [InlineData(409, HopxErrorCode.Conflict)]
    [InlineData(410, HopxErrorCode.SandboxExpired)]
    [InlineData(413, HopxErrorCode.PayloadTooLarge)]
    [InlineData(418, HopxErrorCode.Unknown)]
    [InlineData(500, HopxErrorCode.InternalError)]
    [InlineData(503, HopxErrorCode.ServiceUnavailable)]
    public async Task Without_a_body_the_status_speaks(int status, HopxErrorCode expected)
    {
        var failure = await FailingCallAsync(PlannedAnswer.Failure(status));

        Assert.Equal((expected, status), (failure.Code, failure.StatusCode));
        Assert.Contains("POST /v1/sandboxes/1/pause", failure.Message, StringComparison.Ordinal);
        Assert.StartsWith("req_", failure.RequestId, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<html><body><h1>502 Bad Gateway</h1></body></html>")]
    [InlineData("[1,2]")]
    [InlineData("null")]
    [InlineData("\"text\"")]
    [InlineData("{\"error\":")]
    [InlineData("{\"error\":null,\"message\":null,\"code\":7,\"request_id\":{}}")]
    [InlineData("{\"error\":{\"message\":\"\\ud800\"},\"code\":\"\\ud800\"}")]
    public async Task A_body_that_explains_nothing_is_left_out(string body)
    {
        var failure = await FailingCallAsync(PlannedAnswer.Failure(502, body) with { ContentType = "text/html" });

        Assert.Equal((HopxErrorCode.InternalError, "POST /v1/sandboxes/1/pause was answered with status 502."), (failure.Code, failure.Message));
    }

    [Fact]
    public async Task Text_that_is_not_utf8_is_left_out()
    {
        var failure = await FailingCallAsync(new PlannedAnswer
        {
            Status = 500,
            WriteBody = async (stream, cancellationToken) => await stream.WriteAsync((byte[])[.. "{\"error\":\""u8, 0xFF, 0xFE, .. "\"}"u8], cancellationToken),
        });

        Assert.Equal(HopxErrorCode.InternalError, failure.Code);
    }

    [Fact]
    public async Task A_huge_body_is_not_read_to_its_end()
    {
        var failure = await FailingCallAsync(new PlannedAnswer { Status = 500, WriteBody = EndlessAsync });

        Assert.Equal((HopxErrorCode.InternalError, 500), (failure.Code, failure.StatusCode));
        Assert.InRange(failure.Message.Length, 1, 200);
    }

    [Fact]
    public async Task A_long_text_is_cut()
    {
        var failure = await FailingCallAsync(PlannedAnswer.Failure(500, $$"""{"error":"{{new string('x', 50_000)}}"}"""));

        Assert.InRange(failure.Message.Length, 1000, 3000);
        Assert.EndsWith("…", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_body_that_breaks_off_does_not_hide_the_status()
    {
        var failure = await FailingCallAsync(new PlannedAnswer
        {
            Status = 403,
            WriteBody = async (stream, cancellationToken) =>
            {
                await stream.WriteAsync("{\"error\":"u8.ToArray(), cancellationToken);
                await stream.FlushAsync(cancellationToken);
                throw new IOException("The fake cloud breaks off here.");
            },
        });

        Assert.Equal((HopxErrorCode.Forbidden, 403), (failure.Code, failure.StatusCode));
    }

    [Fact]
    public async Task A_path_is_found_in_either_place()
    {
        var inDetails = await FailingCallAsync(PlannedAnswer.Failure(404, """{"message":"m","code":"FILE_NOT_FOUND","details":{"path":"/tmp/a"}}"""), agent: true);
        var atTheTop = await FailingCallAsync(PlannedAnswer.Failure(404, """{"message":"m","code":"FILE_NOT_FOUND","path":"/tmp/b","details":null}"""), agent: true);

        Assert.Equal(("/tmp/a", "/tmp/b"), (inDetails.Path, atTheTop.Path));
    }

    [Theory]
    [InlineData("""{"error":"slow down","retry_after":120}""", null, 120)]
    [InlineData("""{"error":{"message":"slow down","details":{"retry_after_seconds":7}}}""", null, 7)]
    [InlineData("""{"error":"slow down","details":{"retry_after_seconds":1e300}}""", null, null)]
    [InlineData("""{"error":"slow down","retry_after":120}""", "60", 60)]
    [InlineData("", "Mon, 05 Jan 2026 10:02:00 GMT", 120)]
    public async Task The_wait_that_was_asked_for_is_passed_on(string body, string? header, int? seconds)
    {
        using var impatient = Cloud.CreateClient(options => options.MaxRetries = 0);
        Cloud.Answers.Add(HttpMethod.Post, "/v1/sandboxes/*/pause", PlannedAnswer.Failure(429, body) with
        {
            Headers = header is null
                ? new Dictionary<string, string>()
                : new Dictionary<string, string> { ["Retry-After"] = header, ["Date"] = "Mon, 05 Jan 2026 10:00:00 GMT" },
        });

        var failure = await FailsAsync(() => impatient.Sandboxes.PauseAsync("1", Token));

        Assert.Equal((HopxErrorCode.RateLimitExceeded, true), (failure.Code, failure.IsTransient));
        Assert.Equal(seconds is { } wait ? TimeSpan.FromSeconds(wait) : null, failure.RetryAfter);
    }

    [Fact]
    public void Every_code_keeps_its_name_and_never_blames_the_server_for_a_caller()
    {
        foreach (var code in Enum.GetValues<HopxErrorCode>())
        {
            Assert.Equal(code, HopxErrorCodeExtensions.FromWire(code.ToWire()));
            Assert.InRange(code.HttpStatus, 400, 599);
        }

        Assert.Equal("FILE_NOT_FOUND", HopxErrorCode.FileNotFound.ToWire());
        Assert.Equal(HopxErrorCode.Unknown, HopxErrorCodeExtensions.FromWire("SOMETHING_NEW"));
        Assert.Equal(HopxErrorCode.Unknown, HopxErrorCodeExtensions.FromWire(null));
    }

    private async Task<HopxException> FailingCallAsync(PlannedAnswer answer, bool agent = false)
    {
        if (agent)
        {
            var files = (await CreateAgentAsync()).Files;
            Cloud.Answers.Add(HttpMethod.Post, "/files/mkdir", answer);
            return await FailsAsync(() => files.MakeDirectoryAsync("/tmp/x", Token));
        }

        Cloud.Answers.Add(HttpMethod.Post, "/v1/sandboxes/*/pause", answer);
        return await FailsAsync(() => Client.Sandboxes.PauseAsync("1", Token));
    }

    private static async Task EndlessAsync(Stream stream, CancellationToken cancellationToken)
    {
        var chunk = Encoding.UTF8.GetBytes(new string('x', 64 * 1024));
        await stream.WriteAsync("{\"error\":\""u8.ToArray(), cancellationToken);
        while (!cancellationToken.IsCancellationRequested)
        {
            await stream.WriteAsync(chunk, cancellationToken);
        }
    }
}
