using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Hopx.Client;
using Hopx.Mcp.Hosting;
using Microsoft.Extensions.Options;

namespace Hopx.Mcp.LiveView;

/// <summary>
/// The page, and what it calls. A ticket opens a session, the session's cookie everything else; neither is ever part of an address. Only pages of this very
/// server may call, since another server on the same machine is the same site to a browser.
/// </summary>
internal sealed partial class LiveRoutes(LiveTickets tickets, LiveSessions sessions, IOptions<HopxMcpOptions> options, ILogger<LiveRoutes> logger)
{
    public const string Path = "/live";

    private const string CookiePrefix = "hopx_live_";
    private const int MostBodyBytes = 4 * 1024;
    private const int BufferBytes = 32 * 1024;

    private static readonly TimeSpan ClosePatience = TimeSpan.FromSeconds(2);

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost(Path + "/session", Guarded(OpenAsync));
        routes.MapGet(Path + "/sessions/{id}", Guarded(InSession(async (http, session) =>
            await WriteAsync(http, Describe(session, await session.LookAsync(http.RequestAborted)), LiveJson.Default.LiveSessionFacts))));
        routes.MapDelete(Path + "/sessions/{id}", Guarded(InSession((http, session) =>
        {
            sessions.Close(session.Id);
            http.Response.StatusCode = StatusCodes.Status204NoContent;
            return Task.CompletedTask;
        })));
        routes.MapPost(Path + "/sessions/{id}/take", Guarded(InSession(async (http, session) =>
            await WriteAsync(http, await session.TakeAsync((await ReadAsync(http, LiveJson.Default.LiveControlRequest))?.Seconds, http.RequestAborted), LiveJson.Default.LiveControlFacts))));
        routes.MapPost(Path + "/sessions/{id}/renew", Guarded(InSession(async (http, session) =>
            await WriteAsync(http, await session.RenewAsync((await ReadAsync(http, LiveJson.Default.LiveControlRequest))?.Seconds, http.RequestAborted), LiveJson.Default.LiveControlFacts))));
        routes.MapPost(Path + "/sessions/{id}/release", Guarded(InSession(async (http, session) =>
            await WriteAsync(http, await session.ReleaseAsync(http.RequestAborted), LiveJson.Default.LiveControlFacts))));
        routes.MapGet(Path + "/sessions/{id}/stream", Guarded(InSession(StreamAsync)));
        routes.MapGet(Path + "/{**file}", Guarded(SendFileAsync));
    }

    private RequestDelegate Guarded(RequestDelegate next) => async http =>
    {
        var headers = http.Response.Headers;
        var host = http.Request.Host.Value;
        headers.ContentSecurityPolicy =
            $"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self' ws://{host} wss://{host}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
        headers.XFrameOptions = "DENY";
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers.CacheControl = "no-store";
        try
        {
            await next(http);
        }
        catch (HopxException refused) when (!http.Response.HasStarted)
        {
            LogRefused(http.Request.Path, refused.Code, refused.Message);
            http.Response.StatusCode = refused.Code.HttpStatus;
            await WriteAsync(http, new LiveRefusal { Error = refused.Message, Code = refused.Code.ToWire() }, LiveJson.Default.LiveRefusal);
        }
        catch (OperationCanceledException) when (http.RequestAborted.IsCancellationRequested)
        {
            // The page was closed.
        }
    };

    private RequestDelegate InSession(Func<HttpContext, LiveSession, Task> next) => async http =>
    {
        var isStream = http.Features.Get<Microsoft.AspNetCore.Http.Features.IHttpWebSocketFeature>()?.IsWebSocketRequest is true;
        if (isStream || !HttpMethods.IsGet(http.Request.Method))
        {
            RequireOwnPage(http.Request);
        }

        var id = http.Request.RouteValues["id"] as string;
        await next(http, sessions.TryFind(id, http.Request.Cookies[CookiePrefix + id], out var session)
            ? session
            : throw new HopxException(HopxErrorCode.AuthenticationRequired, "This view of the desktop is over. Ask for a new link."));
    };

    private async Task OpenAsync(HttpContext http)
    {
        RequireOwnPage(http.Request);
        var request = await ReadAsync(http, LiveJson.Default.LiveTicketRequest);
        var (session, secret) = sessions.Open(tickets.Redeem(request?.Ticket));
        http.Response.Cookies.Append(CookiePrefix + session.Id, secret, new CookieOptions
        {
            Path = $"{Path}/sessions/{session.Id}",
            HttpOnly = true,
            SameSite = SameSiteMode.Strict,
            Secure = http.Request.IsHttps || IsHttps(options.Value.LiveViewUrl),
            MaxAge = options.Value.LiveSessionLifetime,
            IsEssential = true,
        });
        LogOpened(session.Id, session.Grant.SandboxId, session.Grant.Access);
        await WriteAsync(http, Describe(session, control: null), LiveJson.Default.LiveSessionFacts);
    }

    /// <summary>Passes the bytes on between the browser and the desktop, until either ends or the session is over.</summary>
    private static async Task StreamAsync(HttpContext http, LiveSession session)
    {
        if (!http.WebSockets.IsWebSocketRequest)
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, "This address is a WebSocket of the page.");
        }

        using var over = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, session.Over);
        await using var desktop = await session.ConnectAsync(http.Request.Query["access"] == "control", over.Token);
        using var viewer = await http.WebSockets.AcceptWebSocketAsync(http.WebSockets.WebSocketRequestedProtocols.Contains("binary") ? "binary" : null);
        var there = UntilEitherEndsAsync(() => ToDesktopAsync(viewer, desktop, over.Token));
        var back = UntilEitherEndsAsync(() => ToViewerAsync(desktop, viewer, over.Token));
        var first = await Task.WhenAny(there, back);
        if (first == back)
        {
            // Said while the socket still can: cancelling the read breaks it.
            await CloseAsync(viewer);
        }

        await over.CancelAsync();
        await Task.WhenAll(there, back);
    }

    private static async Task ToDesktopAsync(WebSocket viewer, DesktopConnection desktop, CancellationToken over)
    {
        var buffer = new byte[BufferBytes];
        while (await viewer.ReceiveAsync(buffer.AsMemory(), over) is { MessageType: not WebSocketMessageType.Close } part)
        {
            if (part.Count > 0)
            {
                await desktop.WriteAsync(buffer.AsMemory(0, part.Count), over);
            }
        }
    }

    private static async Task ToViewerAsync(DesktopConnection desktop, WebSocket viewer, CancellationToken over)
    {
        var buffer = new byte[BufferBytes];
        while (await desktop.ReadAsync(buffer, over) is > 0 and var count)
        {
            await viewer.SendAsync(buffer.AsMemory(0, count), WebSocketMessageType.Binary, endOfMessage: true, over);
        }
    }

    private static async Task UntilEitherEndsAsync(Func<Task> passOn)
    {
        try
        {
            await passOn();
        }
        catch (Exception over) when (over is WebSocketException or HopxException or OperationCanceledException or IOException)
        {
            // The page was closed, the desktop has gone, or the time is up; the page finds out which.
        }
    }

    private static async Task CloseAsync(WebSocket viewer)
    {
        using var patience = new CancellationTokenSource(ClosePatience);
        try
        {
            await viewer.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, patience.Token);
        }
        catch (Exception gone) when (gone is WebSocketException or OperationCanceledException)
        {
            // Nobody is there to say goodbye to.
        }
    }

    private static async Task SendFileAsync(HttpContext http)
    {
        var path = http.Request.RouteValues["file"] as string ?? "";
        if (path.Length is 0 && !http.Request.Path.Value!.EndsWith('/'))
        {
            // Relative addresses of the page begin at the last slash. The fragment, with the ticket, the browser keeps.
            http.Response.Redirect(Path + "/");
            return;
        }

        var file = LiveFiles.Find(path) ?? throw new HopxException(HopxErrorCode.ResourceNotFound, "The live view has no such file.");
        http.Response.Headers.CacheControl = "no-cache";
        http.Response.Headers.ETag = file.Tag;
        if (http.Request.Headers.IfNoneMatch == file.Tag)
        {
            http.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        http.Response.ContentType = file.Type;
        http.Response.ContentLength = file.Content.Length;
        await http.Response.Body.WriteAsync(file.Content, http.RequestAborted);
    }

    private void RequireOwnPage(HttpRequest request)
    {
        var isOwn = request.Headers.Origin is [{ } origin] && Uri.TryCreate(origin, UriKind.Absolute, out var from) && from.Scheme is "http" or "https"
            && (IsSame(from, request.Host) || (options.Value.LiveViewUrl is { } known && Uri.Compare(from, known, UriComponents.SchemeAndServer, UriFormat.Unescaped, StringComparison.OrdinalIgnoreCase) is 0));
        if (!isOwn)
        {
            throw new HopxException(HopxErrorCode.Forbidden, "Only the live view's own page may do this.");
        }
    }

    private static bool IsSame(Uri origin, HostString host) =>
        origin.Host.Equals(host.Host, StringComparison.OrdinalIgnoreCase) && origin.Port == (host.Port ?? (origin.Scheme is "https" ? 443 : 80));

    private static bool IsHttps(Uri? url) => url?.Scheme is "https";

    private static LiveSessionFacts Describe(LiveSession session, LiveControlFacts? control) => new()
    {
        Session = session.Id,
        SandboxId = session.Grant.SandboxId,
        CanControl = session.Grant.Access is LiveAccess.Control,
        Reason = session.Grant.Reason,
        ExpiresAt = session.ExpiresAt,
        Control = control,
    };

    private static async Task<T?> ReadAsync<T>(HttpContext http, JsonTypeInfo<T> type)
        where T : class
    {
        if (http.Request.ContentLength is not (> 0 and <= MostBodyBytes) || http.Request.ContentType?.StartsWith("application/json", StringComparison.OrdinalIgnoreCase) is not true)
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, "A small JSON object is expected.");
        }

        try
        {
            return await JsonSerializer.DeserializeAsync(http.Request.Body, type, http.RequestAborted);
        }
        catch (JsonException malformed)
        {
            throw new HopxException(HopxErrorCode.InvalidJson, "The body is no JSON object of the expected form.", malformed);
        }
    }

    private static Task WriteAsync<T>(HttpContext http, T facts, JsonTypeInfo<T> type)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(facts, type);
        http.Response.ContentType = "application/json; charset=utf-8";
        http.Response.ContentLength = bytes.Length;
        return http.Response.Body.WriteAsync(bytes, http.RequestAborted).AsTask();
    }

    [LoggerMessage(LogLevel.Information, "Live view {Session} of sandbox {SandboxId} was opened for {Access}.")]
    private partial void LogOpened(string session, string sandboxId, LiveAccess access);

    [LoggerMessage(LogLevel.Debug, "{Path} was refused: {Code}, {Reason}")]
    private partial void LogRefused(string path, HopxErrorCode code, string reason);
}
