using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Hopx.Client;

namespace Hopx.Agent;

/// <summary>Request identifiers, and errors in the agent's dialect: the one place where failures become HTTP.</summary>
internal sealed partial class Answers(TimeProvider time, ILogger<Answers> logger) : IMiddleware
{
    private const string RequestIdHeader = "X-Request-ID";
    private const int MaxRequestIdLength = 128;

    public async Task InvokeAsync(HttpContext context, RequestDelegate next)
    {
        context.TraceIdentifier = ChooseRequestId(context);
        context.Response.Headers[RequestIdHeader] = context.TraceIdentifier;
        try
        {
            await next(context);
            await ExplainEmptyAsync(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            LogCallerLeft(context.Request.Path);
        }
        catch (Exception failure) when (!context.Response.HasStarted)
        {
            await WriteAsync(context, ToHopx(context, failure));
        }
    }

    public async Task WriteAsync(HttpContext context, HopxException error)
    {
        var body = new ErrorBody
        {
            Error = error.Message,
            Message = error.Message,
            Code = error.Code.ToWire(),
            RequestId = context.TraceIdentifier,
            Timestamp = time.GetUtcNow(),
            Path = error.Path,
            Details = new ErrorDetails { Path = error.Path, MissingDependencies = error.MissingDependencies },
        };
        context.Response.Clear();
        context.Response.Headers[RequestIdHeader] = context.TraceIdentifier;
        context.Response.StatusCode = error.StatusCode ?? error.Code.HttpStatus;
        if (error.RetryAfter is { } wait)
        {
            context.Response.Headers.RetryAfter = ((int)Math.Ceiling(wait.TotalSeconds)).ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        await WriteJsonAsync(context, body, HopxJson.Default.ErrorBody);
    }

    private static async Task WriteJsonAsync<T>(HttpContext context, T body, JsonTypeInfo<T> type)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(body, type);
        context.Response.ContentType = "application/json; charset=utf-8";
        context.Response.ContentLength = bytes.Length;
        await context.Response.Body.WriteAsync(bytes, context.RequestAborted);
    }

    // Routing answers unknown paths and wrong methods with a bare status.
    private Task ExplainEmptyAsync(HttpContext context)
    {
        var request = context.Request;
        if (context.Response.HasStarted || context.Response.ContentType is not null)
        {
            return Task.CompletedTask;
        }

        return context.Response.StatusCode switch
        {
            StatusCodes.Status404NotFound => WriteAsync(context, new HopxException(
                HopxErrorCode.ResourceNotFound, $"Unknown endpoint {request.Method} {request.Path}. GET /info lists what this agent serves.")),
            StatusCodes.Status405MethodNotAllowed => WriteAsync(context, new HopxException(
                HopxErrorCode.MethodNotAllowed, $"{request.Path} does not take {request.Method}. Allowed: {context.Response.Headers.Allow}.")),
            _ => Task.CompletedTask,
        };
    }

    private HopxException ToHopx(HttpContext context, Exception failure)
    {
        switch (failure)
        {
            case HopxException known:
                return known;
            case BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge }:
                return new HopxException(
                    HopxErrorCode.PayloadTooLarge,
                    "The request body is larger than this route takes. Send large data through POST /files/upload, and run large code from a file.");
            case BadHttpRequestException bad:
                return new HopxException(HopxErrorCode.InvalidRequest, $"The request cannot be read: {bad.Message}") { StatusCode = bad.StatusCode };
            default:
                LogFailed(failure, context.Request.Method, context.Request.Path, context.TraceIdentifier);
                return new HopxException(
                    HopxErrorCode.InternalError, $"The agent failed; its log tells more under request {context.TraceIdentifier}. Trying again may help.");
        }
    }

    private string ChooseRequestId(HttpContext context)
    {
        var given = context.Request.Headers[RequestIdHeader].ToString();
        return given.Length is > 0 and <= MaxRequestIdLength && given.All(symbol => char.IsAsciiLetterOrDigit(symbol) || symbol is '-' or '_' or '.')
            ? given
            : $"req_{Guid.CreateVersion7(time.GetUtcNow()):n}";
    }

    [LoggerMessage(LogLevel.Debug, "The caller of {Path} left before its answer.")]
    private partial void LogCallerLeft(string path);

    [LoggerMessage(LogLevel.Error, "{Method} {Path} failed, request {RequestId}.")]
    private partial void LogFailed(Exception failure, string method, string path, string requestId);
}
