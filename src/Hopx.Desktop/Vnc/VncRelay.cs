using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using Hopx.Client;
using Microsoft.Extensions.Options;

namespace Hopx.Desktop;

/// <summary>
/// Lets viewers at the VNC server, which itself listens on a socket of the desktop's user alone: on a TCP port of the sandbox while VNC is started,
/// and as WebSocket frames for callers of this API.
/// </summary>
internal sealed class VncRelay(IOptions<DesktopOptions> options, VncPassword password, DesktopLog log) : IDisposable
{
    private const int MostViewers = 32;
    private const int BufferBytes = 32 * 1024;

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

    public async Task ServeWebSocketAsync(HttpContext http)
    {
        if (!http.WebSockets.IsWebSocketRequest)
        {
            throw new HopxException(HopxErrorCode.InvalidRequest, "This route is a WebSocket of RFB bytes; connect to it with a viewer such as noVNC.");
        }

        if (!await _viewers.WaitAsync(0))
        {
            throw TooMany();
        }

        try
        {
            using var server = await ConnectAsync(http.RequestAborted);
            using var viewer = await http.WebSockets.AcceptWebSocketAsync(http.WebSockets.WebSocketRequestedProtocols.Contains("binary") ? "binary" : null);
            using var stream = new NetworkStream(server);
            using var over = CancellationTokenSource.CreateLinkedTokenSource(http.RequestAborted);
            await Task.WhenAny(ToServerAsync(viewer, stream, over.Token), ToViewerAsync(stream, viewer, over.Token));
            await over.CancelAsync();
        }
        finally
        {
            _viewers.Release();
        }
    }

    public void Dispose()
    {
        Stop();
        _viewers.Dispose();
    }

    private static HopxException TooMany() => new(HopxErrorCode.ResourceLimitError, $"{MostViewers} viewers watch the desktop already. Close one and try again.");

    private async Task AcceptAsync(TcpListener listener, CancellationToken stop)
    {
        try
        {
            while (true)
            {
                var viewer = await listener.AcceptTcpClientAsync(stop);
                if (await _viewers.WaitAsync(0, stop))
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
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop);
        try
        {
            using (viewer)
            {
                using var server = await ConnectAsync(stop);
                using var stream = new NetworkStream(server);
                var client = viewer.GetStream();
                await Task.WhenAny(client.CopyToAsync(stream, over.Token), stream.CopyToAsync(client, over.Token));
                await over.CancelAsync();
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

    private static async Task ToServerAsync(WebSocket viewer, NetworkStream server, CancellationToken cancellationToken)
    {
        var buffer = new byte[BufferBytes];
        try
        {
            while (await viewer.ReceiveAsync(buffer.AsMemory(), cancellationToken) is { MessageType: not WebSocketMessageType.Close } received)
            {
                await server.WriteAsync(buffer.AsMemory(0, received.Count), cancellationToken);
            }
        }
        catch (Exception over) when (over is WebSocketException or IOException or OperationCanceledException)
        {
            // One of the two has gone, which ends both.
        }
    }

    private static async Task ToViewerAsync(NetworkStream server, WebSocket viewer, CancellationToken cancellationToken)
    {
        var buffer = new byte[BufferBytes];
        try
        {
            while (await server.ReadAsync(buffer, cancellationToken) is var read and > 0)
            {
                await viewer.SendAsync(buffer.AsMemory(0, read), WebSocketMessageType.Binary, endOfMessage: true, cancellationToken);
            }
        }
        catch (Exception over) when (over is WebSocketException or IOException or OperationCanceledException)
        {
            // One of the two has gone, which ends both.
        }
    }
}
