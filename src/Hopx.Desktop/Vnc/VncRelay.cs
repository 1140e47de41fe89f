using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using Hopx.Client;
using Microsoft.Extensions.Options;

namespace Hopx.Desktop;

/// <summary>
/// Lets viewers at the VNC server, which itself listens on a socket of the desktop's user alone: on a TCP port of the sandbox while VNC is started,
/// and as WebSocket frames for callers of this API. The server itself holds back whoever only sees. Viewers with the password of all who act are sent away
/// while a person has control.
/// </summary>
internal sealed class VncRelay(IOptions<DesktopOptions> options, VncPassword password, WritingLease lease, DesktopLog log) : IDisposable
{
    private const int MostViewers = 32;
    private const int BufferBytes = 32 * 1024;

    private static readonly TimeSpan HandshakePatience = TimeSpan.FromSeconds(10);

    private readonly SemaphoreSlim _viewers = new(MostViewers, MostViewers);
    private readonly Lock _gate = new();
    private TcpListener? _listener;
    private CancellationTokenSource? _stop;

    public VncInfo Describe(HttpContext http)
    {
        bool isRunning;
        lock (_gate)
        {
            isRunning = _listener is not null;
        }

        return new VncInfo
        {
            Running = isRunning,
            Display = options.Value.Display,
            Port = options.Value.VncPort,
            Url = $"vnc://127.0.0.1:{options.Value.VncPort}",
            Password = isRunning ? password.Value : null,
            WebSocketUrl = http.Request.Headers["X-Hopx-Public-Host"].ToString() is { Length: > 0 } host ? $"{host.Replace("http", "ws", StringComparison.Ordinal).TrimEnd('/')}/desktop/vnc/stream" : null,
        };
    }

    public async Task StartAsync(VncStartRequest? request, CancellationToken cancellationToken)
    {
        if (request?.Display is { } display && display != options.Value.Display)
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, $"There is no display {display}; the desktop is on display {options.Value.Display}. Leave 'display' out.");
        }

        if (request?.Password is { Length: > 0 } chosen)
        {
            await password.ChangeAsync(chosen, cancellationToken);
        }

        lock (_gate)
        {
            if (_listener is not null)
            {
                return;
            }

            var listener = new TcpListener(IPAddress.Loopback, options.Value.VncPort);
            try
            {
                listener.Start();
            }
            catch (SocketException taken)
            {
                listener.Dispose();
                throw new HopxException(HopxErrorCode.Conflict, $"VNC cannot listen on port {options.Value.VncPort} of the sandbox: {taken.Message}. End the program that has it.", taken);
            }

            _listener = listener;
            _stop = new CancellationTokenSource();
            _ = AcceptAsync(listener, _stop.Token);
        }
    }

    /// <summary>Ends VNC and its viewers on the port; the desktop goes on.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            _stop?.Cancel();
            _stop?.Dispose();
            _listener?.Dispose();
            _listener = null;
            _stop = null;
        }
    }

    /// <summary>Serves <c>access=view</c>, <c>access=control</c> with a lease, or, without either, a viewer who gives the password.</summary>
    public async Task ServeWebSocketAsync(HttpContext http)
    {
        if (!http.WebSockets.IsWebSocketRequest)
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, "This route is a WebSocket of RFB bytes; connect to it with a viewer such as noVNC.");
        }

        switch (http.Request.Query["access"].ToString())
        {
            case "":
                lease.ThrowIfTaken();
                await ServeAsync(http, login: null, lease.Free);
                break;
            case "view":
                await ServeAsync(http, password.ViewOnly, CancellationToken.None);
                break;
            case "control":
                using (var holder = lease.Connect(http.Request.Headers[DesktopConnection.LeaseHeader]))
                {
                    await ServeAsync(http, password.Value, holder.Ended);
                }

                break;
            case var other:
                throw new HopxException(HopxErrorCode.InvalidRequest, $"'access' is '{(other.Length > 40 ? other[..40] : other)}'; it must be view or control, or be left out.");
        }
    }

    public void Dispose()
    {
        Stop();
        _viewers.Dispose();
    }

    private async Task ServeAsync(HttpContext http, string? login, CancellationToken ended)
    {
        if (!await _viewers.WaitAsync(0, CancellationToken.None))
        {
            throw TooMany();
        }

        try
        {
            using var over = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted, ended);
            using var socket = await ConnectAsync(over.Token);
            await using var server = new NetworkStream(socket);
            if (login is not null)
            {
                using var patience = CancellationTokenSource.CreateLinkedTokenSource(over.Token);
                patience.CancelAfter(HandshakePatience);
                await VncHandshake.LogInAsync(server, login, patience.Token);
            }

            using var accepted = await http.WebSockets.AcceptWebSocketAsync(http.WebSockets.WebSocketRequestedProtocols.Contains("binary") ? "binary" : null);
            await using var viewer = new WebSocketBytes(accepted);
            await PassOnAsync(viewer, server, login is not null, over);
            await CloseAsync(accepted);
        }
        catch (OperationCanceledException) when (!http.RequestAborted.IsCancellationRequested && !http.Response.HasStarted)
        {
            throw new HopxException(
                HopxErrorCode.Conflict,
                ended.IsCancellationRequested ? "Control of the desktop has passed on meanwhile." : "The VNC server does not answer. It may be starting again; try again in a moment.");
        }
        finally
        {
            _viewers.Release();
        }
    }

    private static async Task PassOnAsync(Stream viewer, Stream server, bool letsIn, CancellationTokenSource over)
    {
        try
        {
            if (letsIn)
            {
                using var patience = CancellationTokenSource.CreateLinkedTokenSource(over.Token);
                patience.CancelAfter(HandshakePatience);
                await VncHandshake.LetInAsync(viewer, patience.Token);
            }

            var there = viewer.CopyToAsync(server, BufferBytes, over.Token);
            var back = server.CopyToAsync(viewer, BufferBytes, over.Token);
            await Task.WhenAny(there, back);
            await over.CancelAsync();
            await Task.WhenAll(there, back);
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException or ObjectDisposedException)
        {
            // One of the two has gone, which ends both.
        }
    }

    private static async Task CloseAsync(WebSocket viewer)
    {
        // A read that was cancelled has broken the socket; then there is nothing left to say.
        if (viewer.State is WebSocketState.Open or WebSocketState.CloseReceived)
        {
            using var patience = new CancellationTokenSource(HandshakePatience);
            try
            {
                await viewer.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, patience.Token);
            }
            catch (Exception gone) when (gone is WebSocketException or OperationCanceledException)
            {
                // It has gone already.
            }
        }
    }

    private static HopxException TooMany() => new(HopxErrorCode.ResourceLimitError, $"{MostViewers} viewers watch the desktop already. Close one and try again.");

    private async Task AcceptAsync(TcpListener listener, CancellationToken stop)
    {
        try
        {
            while (true)
            {
                var viewer = await listener.AcceptTcpClientAsync(stop);
                if (!lease.IsTaken && await _viewers.WaitAsync(0, stop))
                {
                    _ = RelayAsync(viewer, stop);
                }
                else
                {
                    viewer.Dispose();
                }
            }
        }
        catch (Exception over) when (over is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // VNC was stopped.
        }
    }

    private async Task RelayAsync(TcpClient viewer, CancellationToken stop)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop, lease.Free);
        try
        {
            using (viewer)
            {
                using var server = await ConnectAsync(stop);
                await using var stream = new NetworkStream(server);
                await PassOnAsync(viewer.GetStream(), stream, letsIn: false, over);
            }
        }
        catch (Exception failure) when (failure is SocketException or IOException or OperationCanceledException or HopxException)
        {
            log.Add("vnc", $"a viewer was disconnected: {failure.Message}");
        }
        finally
        {
            _viewers.Release();
        }
    }

    private async Task<Socket> ConnectAsync(CancellationToken cancellationToken)
    {
        var server = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        try
        {
            await server.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(options.Value.Directory, "vnc.sock")), cancellationToken);
            return server;
        }
        catch (SocketException failure)
        {
            server.Dispose();
            throw new HopxException(HopxErrorCode.Conflict, $"The VNC server does not answer: {failure.Message}. It is being started again; try again in a moment.", failure);
        }
    }
}
