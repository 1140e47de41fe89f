using Hopx.Client;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Hopx.Testing;

/// <summary>One HTTP server of the cloud on a loopback port of its own: log, planned answers, error bodies, then the routes.</summary>
internal sealed class FakePlaneHost : IAsyncDisposable
{
    private readonly WebApplication _app;

    private FakePlaneHost(WebApplication app)
    {
        _app = app;
        Url = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
    }

    public Uri Url { get; }

    public static async Task<FakePlaneHost> StartAsync(
        FakeHopxCloud cloud, FakePlane plane, string? sandboxId, Action<HttpContext> authenticate, Action<WebApplication> map, CancellationToken cancellationToken)
    {
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        builder.WebHost.ConfigureKestrel(server => server.Limits.MaxRequestBodySize = null);
        builder.Services.Configure<FormOptions>(form => form.MultipartBodyLengthLimit = long.MaxValue);
        builder.Services.Configure<JsonOptions>(json =>
        {
            json.SerializerOptions.TypeInfoResolverChain.Insert(0, HopxJson.Default);
            json.SerializerOptions.PropertyNamingPolicy = HopxJson.Default.Options.PropertyNamingPolicy;
            json.SerializerOptions.DefaultIgnoreCondition = HopxJson.Default.Options.DefaultIgnoreCondition;
            foreach (var converter in HopxJson.Default.Options.Converters)
            {
                json.SerializerOptions.Converters.Add(converter);
            }
        });
        var app = builder.Build();
        app.Use(async (http, next) =>
        {
            var requestId = cloud.NextRequestId();
            http.Response.Headers["X-Request-ID"] = requestId;
            try
            {
                await cloud.Requests.AddAsync(plane, sandboxId, http.Request, http.RequestAborted);
                var planned = cloud.Answers.Take(plane, http.Request.Method, http.Request.Path);
                if (planned is null || !await AnswerAsPlannedAsync(cloud, planned, http))
                {
                    if (planned is { DropsAfterwards: true })
                    {
                        http.Response.Body = new MemoryStream();
                    }

                    authenticate(http);
                    await next(http);
                }

                if (planned is { DropsAfterwards: true })
                {
                    http.Abort();
                }
            }
            catch (FakeErrorException error)
            {
                await WriteErrorAsync(cloud, http, error, requestId);
            }
            catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
            {
                // The caller went away: nobody reads an answer.
            }
        });
        app.UseWebSockets();
        app.UseRouting();
        map(app);
        app.MapFallback(http => throw new FakeErrorException(HopxErrorCode.ResourceNotFound, "Unknown endpoint"));
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }

        return new FakePlaneHost(app);
    }

    public async ValueTask DisposeAsync()
    {
        // A call that is still being served is cut off: a test that ends does not wait for it.
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
    }

    /// <returns>Whether that was the answer; if not, the routes give it.</returns>
    private static async Task<bool> AnswerAsPlannedAsync(FakeHopxCloud cloud, PlannedAnswer planned, HttpContext http)
    {
        if (planned.Until is { } until)
        {
            await until.WaitAsync(http.RequestAborted);
        }

        if (planned.Delay > TimeSpan.Zero)
        {
            await Task.Delay(planned.Delay, cloud.Time, http.RequestAborted);
        }

        if (planned.Drops)
        {
            http.Abort();
            return true;
        }

        if (planned.Status is not { } status)
        {
            return false;
        }

        http.Response.StatusCode = status;
        foreach (var (name, value) in planned.Headers)
        {
            http.Response.Headers[name] = value;
        }

        if (planned.WriteBody is { } write)
        {
            http.Response.ContentType = planned.ContentType;
            await write(http.Response.Body, http.RequestAborted);
        }
        else if (planned.Body.Length > 0)
        {
            http.Response.ContentType = planned.ContentType;
            await http.Response.WriteAsync(planned.Body, http.RequestAborted);
        }

        return true;
    }

    private static Task WriteErrorAsync(FakeHopxCloud cloud, HttpContext http, FakeErrorException error, string requestId)
    {
        http.Response.StatusCode = error.Code.HttpStatus;
        var body = new ErrorBody
        {
            Error = error.Message,
            Message = error.Message,
            Code = error.Code.ToWire(),
            RequestId = requestId,
            Timestamp = cloud.Time.GetUtcNow(),
            Path = error.Path,
        };
        return http.Response.WriteAsJsonAsync(body, HopxJson.Default.ErrorBody, cancellationToken: http.RequestAborted);
    }
}
