using System.Net;
using System.Net.Sockets;
using Hopx.Client;
using Microsoft.AspNetCore.Http.Features;

namespace Hopx.Agent;

/// <summary>Passes requests on to the program that serves the desktop. The caller's token stays here: what runs in the sandbox must not see it.</summary>
internal sealed class DesktopForwarder : IDisposable
{
    private const int BufferBytes = 32 * 1024;

    private static readonly string[] RequestHeaders = ["Accept", "Range", "Sec-WebSocket-Key", "Sec-WebSocket-Version", "Sec-WebSocket-Protocol", DesktopConnection.LeaseHeader];
    private static readonly string[] ResponseHeaders = ["Retry-After", "Content-Type", "Content-Length", "Sec-WebSocket-Accept", "Sec-WebSocket-Protocol"];

    private readonly string? _publicHost;
    private readonly Lazy<HttpMessageInvoker> _http;

    public DesktopForwarder(DesktopProgramHost program, IConfiguration configuration)
    {
        _publicHost = configuration["PUBLIC_HOST"];
        // Only once there is a desktop: elsewhere it would be memory for nothing.
        _http = new Lazy<HttpMessageInvoker>(() => new HttpMessageInvoker(new SocketsHttpHandler
        {
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ConnectCallback = async (_, cancellationToken) => new NetworkStream(await program.ConnectAsync(cancellationToken), ownsSocket: true),
        }));
    }

    public async Task ForwardAsync(HttpContext http)
    {
        using var request = MakeRequest(http);
        HttpResponseMessage response;
        try
        {
            response = await _http.Value.SendAsync(request, http.RequestAborted);
        }
        catch (HttpRequestException failure)
        {
            // Not repeated: what it did before it ended is not known.
            throw failure.InnerException as HopxException ?? new HopxException(
                HopxErrorCode.Conflict, "The desktop ended in the middle of this call. The next call starts it again, with none of its windows. Take a new screenshot and go on from there.", failure);
        }

        using (response)
        {
            await (response.StatusCode is HttpStatusCode.SwitchingProtocols ? TunnelAsync(http, response) : AnswerAsync(http, response));
        }
    }

    public void Dispose()
    {
        if (_http.IsValueCreated)
        {
            _http.Value.Dispose();
        }
    }

    private HttpRequestMessage MakeRequest(HttpContext http)
    {
        var from = http.Request;
        var request = new HttpRequestMessage(new HttpMethod(from.Method), new Uri($"http://desktop{from.Path.ToUriComponent()}{from.QueryString.ToUriComponent()}"))
        {
            Version = HttpVersion.Version11,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        foreach (var name in RequestHeaders)
        {
            if (from.Headers.TryGetValue(name, out var values))
            {
                request.Headers.TryAddWithoutValidation(name, (IEnumerable<string?>)values);
            }
        }

        request.Headers.TryAddWithoutValidation("X-Request-ID", http.TraceIdentifier);
        if (_publicHost is not null)
        {
            request.Headers.TryAddWithoutValidation("X-Hopx-Public-Host", _publicHost);
        }

        if (http.Features.Get<IHttpUpgradeFeature>() is { IsUpgradableRequest: true })
        {
            request.Headers.TryAddWithoutValidation("Connection", "Upgrade");
            request.Headers.TryAddWithoutValidation("Upgrade", "websocket");
        }
        else if (from.ContentLength > 0 || from.Headers.TransferEncoding.Count > 0)
        {
            request.Content = new StreamContent(from.Body);
            request.Content.Headers.ContentLength = from.ContentLength;
        }

        return request;
    }

    private static async Task AnswerAsync(HttpContext http, HttpResponseMessage response)
    {
        http.Response.StatusCode = (int)response.StatusCode;
        CopyHeaders(http, response);
        await response.Content.CopyToAsync(http.Response.Body, http.RequestAborted);
    }

    private static async Task TunnelAsync(HttpContext http, HttpResponseMessage response)
    {
        CopyHeaders(http, response);
        http.Response.Headers.Connection = "Upgrade";
        http.Response.Headers.Upgrade = "websocket";
        await using var viewer = await http.Features.GetRequiredFeature<IHttpUpgradeFeature>().UpgradeAsync();
        await using var desktop = await response.Content.ReadAsStreamAsync(http.RequestAborted);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
        var there = CopyAsync(viewer, desktop, over.Token);
        var back = CopyAsync(desktop, viewer, over.Token);
        await Task.WhenAny(there, back);
        await over.CancelAsync();
        await Task.WhenAll(there, back);
    }

    private static async Task CopyAsync(Stream from, Stream to, CancellationToken cancellationToken)
    {
        var buffer = new byte[BufferBytes];
        try
        {
            while (await from.ReadAsync(buffer, cancellationToken) is var read and > 0)
            {
                await to.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
                await to.FlushAsync(cancellationToken);
            }
        }
        catch (Exception over) when (over is IOException or OperationCanceledException)
        {
            // One of the two has gone, which ends both.
        }
    }

    private static void CopyHeaders(HttpContext http, HttpResponseMessage response)
    {
        foreach (var name in ResponseHeaders)
        {
            if (response.Headers.NonValidated.TryGetValues(name, out var values) || response.Content.Headers.NonValidated.TryGetValues(name, out values))
            {
                http.Response.Headers[name] = values.ToString();
            }
        }
    }
}
