using System.Text.Json;
using Hopx.Client;
using Hopx.ControlPlane.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging.Abstractions;

namespace Hopx.ControlPlane.Tests.Hosting;

public sealed class ErrorAnswersTests
{
    private readonly ErrorAnswers _errors = new(NullLogger<ErrorAnswers>.Instance);

    [Fact]
    public async Task An_error_is_text_with_code_and_request_id()
    {
        var (status, body, context) = await AnswerAsync(new HopxException(HopxErrorCode.ResourceNotFound, "Sandbox not found: 'x'."));

        Assert.Equal(404, status);
        Assert.Equal("Sandbox not found: 'x'.", body.GetProperty("error").GetString());
        Assert.Equal("Sandbox not found: 'x'.", body.GetProperty("message").GetString());
        Assert.Equal("RESOURCE_NOT_FOUND", body.GetProperty("code").GetString());
        Assert.Equal(context.Response.Headers["X-Request-ID"].ToString(), body.GetProperty("request_id").GetString());
    }

    [Fact]
    public async Task The_Python_SDK_gets_an_object()
    {
        var (_, body, _) = await AnswerAsync(new HopxException(HopxErrorCode.ResourceNotFound, "Sandbox not found"), userAgent: "hopx-python/0.1.0");

        Assert.Equal("RESOURCE_NOT_FOUND", body.GetProperty("error").GetProperty("code").GetString());
        Assert.Equal("Sandbox not found", body.GetProperty("error").GetProperty("message").GetString());
    }

    [Fact]
    public async Task A_limit_says_when_to_try_again()
    {
        var (status, body, context) = await AnswerAsync(new HopxException(HopxErrorCode.ResourceLimitError, "Full.") { RetryAfter = TimeSpan.FromSeconds(2.5) });

        Assert.Equal(429, status);
        Assert.Equal("3", context.Response.Headers.RetryAfter.ToString());
        Assert.Equal(3, body.GetProperty("details").GetProperty("retry_after_seconds").GetInt32());
        Assert.Equal(3, body.GetProperty("retry_after").GetInt32());
    }

    [Fact]
    public async Task A_state_file_that_takes_no_changes_is_no_secret()
    {
        var (status, body, context) = await AnswerAsync(new Microsoft.Data.Sqlite.SqliteException("SQLite Error 13: 'database or disk is full'.", 13));

        Assert.Equal(503, status);
        Assert.Contains("disk is full", body.GetProperty("message").GetString(), StringComparison.Ordinal);
        Assert.Equal("SERVICE_UNAVAILABLE", body.GetProperty("code").GetString());
        Assert.Equal("5", context.Response.Headers.RetryAfter.ToString());
    }

    [Fact]
    public async Task What_nobody_foresaw_is_a_server_fault_that_gives_nothing_away()
    {
        var (status, body, _) = await AnswerAsync(new InvalidOperationException("the secret is 42"));

        Assert.Equal(500, status);
        Assert.DoesNotContain("42", body.GetRawText(), StringComparison.Ordinal);
    }

    private async Task<(int Status, JsonElement Body, HttpContext Context)> AnswerAsync(Exception failure, string? userAgent = null)
    {
        var context = new DefaultHttpContext { TraceIdentifier = "0HN:1" };
        context.Request.Headers.UserAgent = userAgent;
        using var body = new MemoryStream();
        context.Response.Body = body;

        await _errors.HandleAsync(context, _ => throw failure);

        return (context.Response.StatusCode, JsonDocument.Parse(body.ToArray()).RootElement, context);
    }
}
