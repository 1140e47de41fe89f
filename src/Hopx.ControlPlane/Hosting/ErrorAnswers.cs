using System.Globalization;
using System.Text.Json;
using Hopx.Client;
using Microsoft.AspNetCore.Http;
using Microsoft.Data.Sqlite;
using Microsoft.Extensions.Logging;

namespace Hopx.ControlPlane.Hosting;

/// <summary>The one place where an error becomes an HTTP answer, in the dialect that the caller reads.</summary>
internal sealed partial class ErrorAnswers(ILogger<ErrorAnswers> logger)
{
    private static readonly TimeSpan StatePatience = TimeSpan.FromSeconds(5);

    /// <summary>Middleware: runs the rest of the pipeline and answers for what it throws.</summary>
    public async Task HandleAsync(HttpContext context, RequestDelegate next)
    {
        context.Response.Headers["X-Request-ID"] = RequestId.Of(context);
        try
        {
            await next(context);
            if (context.Response is { StatusCode: StatusCodes.Status404NotFound, HasStarted: false } && context.GetEndpoint() is null)
            {
                throw new HopxException(HopxErrorCode.ResourceNotFound, $"Unknown endpoint {context.Request.Method} {context.Request.Path}.");
            }

            if (context.Response is { StatusCode: StatusCodes.Status405MethodNotAllowed, HasStarted: false })
            {
                throw new HopxException(HopxErrorCode.MethodNotAllowed, $"{context.Request.Path} does not take {context.Request.Method}.");
            }
        }
        catch (HopxException failure) when (!context.Response.HasStarted)
        {
            if (failure.Code.HttpStatus >= 500)
            {
                LogServerFault(context.Request.Method, context.Request.Path, failure);
            }

            await WriteAsync(context, failure);
        }
        catch (BadHttpRequestException failure) when (!context.Response.HasStarted)
        {
            await WriteAsync(context, new HopxException(
                failure.StatusCode is StatusCodes.Status413PayloadTooLarge ? HopxErrorCode.PayloadTooLarge : HopxErrorCode.InvalidRequest, failure.Message, failure));
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            // Nobody is there to read an answer.
        }
        catch (SqliteException failure) when (!context.Response.HasStarted)
        {
            LogServerFault(context.Request.Method, context.Request.Path, failure);
            await WriteAsync(context, new HopxException(
                HopxErrorCode.ServiceUnavailable,
                $"The server's state file takes no changes now: {failure.Message} Nothing was changed. The operator should look at the disk of HOPX_HOME.",
                failure)
            {
                RetryAfter = StatePatience,
            });
        }
        catch (Exception failure) when (!context.Response.HasStarted)
        {
            LogServerFault(context.Request.Method, context.Request.Path, failure);
            await WriteAsync(context, new HopxException(
                HopxErrorCode.InternalError, $"The server failed on this request; its log tells more under {RequestId.Of(context)}.", failure));
        }
    }

    public static Task WriteAsync(HttpContext context, HopxException failure)
    {
        var response = context.Response;
        response.Clear();
        response.StatusCode = failure.Code.HttpStatus;
        response.Headers["X-Request-ID"] = RequestId.Of(context);
        var wait = failure.RetryAfter is { } delay ? (long)Math.Max(1, Math.Ceiling(delay.TotalSeconds)) : (long?)null;
        if (wait is { } seconds)
        {
            response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        }

        var details = new ErrorDetails { Path = failure.Path, RetryAfterSeconds = wait, Limit = failure.Limit, Current = failure.Current };

        var code = failure.Code.ToWire();
        var requestId = RequestId.Of(context);
        response.ContentType = "application/json";
        // HopX's Python SDK wants an object where all others want text.
        return context.Request.Headers.UserAgent.ToString().StartsWith("hopx-python/", StringComparison.OrdinalIgnoreCase)
            ? JsonSerializer.SerializeAsync(
                response.Body,
                new NestedErrorBody
                {
                    Error = new NestedError { Message = failure.Message, Code = code, RequestId = requestId, Details = details },
                    Message = failure.Message,
                    Code = code,
                    RequestId = requestId,
                },
                HopxJson.Default.NestedErrorBody,
                context.RequestAborted)
            : JsonSerializer.SerializeAsync(
                response.Body,
                new ErrorBody { Error = failure.Message, Message = failure.Message, Code = code, RequestId = requestId, RetryAfter = wait, Details = details },
                HopxJson.Default.ErrorBody,
                context.RequestAborted);
    }

    [LoggerMessage(LogLevel.Error, "{Method} {Path} failed.")]
    private partial void LogServerFault(string method, string path, Exception exception);
}
