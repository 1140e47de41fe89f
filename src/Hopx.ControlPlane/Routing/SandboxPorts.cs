using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Hopx.Client;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;

namespace Hopx.ControlPlane.Routing;

/// <summary>One loopback port for each sandbox, all served by one Kestrel: clients drop path prefixes, so an agent needs an address of its own.</summary>
internal sealed partial class SandboxPorts(ILoggerFactory loggers) : IConnectionListenerFactory, IConnectionListenerFactorySelector, IConnectionListener
{
    private readonly ILogger _logger = loggers.CreateLogger<SandboxPorts>();
    private readonly SocketConnectionContextFactory _connections = new(new SocketConnectionFactoryOptions(), loggers.CreateLogger<SocketConnectionContextFactory>());
    private readonly ConcurrentDictionary<string, Socket> _listeners = new(StringComparer.Ordinal);

    // Beyond this many connections that nobody has taken yet, the kernel's queue holds the rest.
    private readonly Channel<ConnectionContext> _accepted = Channel.CreateBounded<ConnectionContext>(256);

    public EndPoint EndPoint { get; } = new SandboxPortsEndPoint();

    public bool CanBind(EndPoint endpoint) => endpoint is SandboxPortsEndPoint;

    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) => new(this);

    /// <summary>Listens for a sandbox and returns the port.</summary>
    /// <param name="preferredPort">The port it had before a restart; another one is taken when somebody else has it now.</param>
    public int Open(string sandboxId, int? preferredPort = null)
    {
        var listener = Listen(preferredPort ?? 0) ?? Listen(0) ?? throw new HopxException(
            HopxErrorCode.ServiceUnavailable, "No loopback port is free for the sandbox. Delete sandboxes that are no longer needed, or end programs that hold ports.");
        if (!_listeners.TryAdd(sandboxId, listener))
        {
            listener.Dispose();
            throw new InvalidOperationException($"Sandbox '{sandboxId}' has a port already.");
        }

        _ = AcceptAllAsync(sandboxId, listener);
        return ((IPEndPoint)listener.LocalEndPoint!).Port;
    }

    public bool IsOpen(string sandboxId) => _listeners.ContainsKey(sandboxId);

    public void Close(string sandboxId)
    {
        if (_listeners.TryRemove(sandboxId, out var listener))
        {
            listener.Dispose();
        }
    }

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        try
        {
            return await _accepted.Reader.ReadAsync(cancellationToken);
        }
        catch (Exception end) when (end is ChannelClosedException or OperationCanceledException)
        {
            return null;
        }
    }

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        foreach (var sandboxId in _listeners.Keys)
        {
            Close(sandboxId);
        }

        _accepted.Writer.TryComplete();
        return default;
    }

    public async ValueTask DisposeAsync()
    {
        await UnbindAsync(CancellationToken.None);
        _connections.Dispose();
    }

    private static Socket? Listen(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            socket.Listen(backlog: 128);
            return socket;
        }
        catch (SocketException)
        {
            socket.Dispose();
            return null;
        }
    }

    private async Task AcceptAllAsync(string sandboxId, Socket listener)
    {
        try
        {
            while (true)
            {
                var socket = await listener.AcceptAsync();
                socket.NoDelay = true;
                var connection = _connections.Create(socket);
                connection.Features.Set(new SandboxRoute(sandboxId));
                await _accepted.Writer.WriteAsync(connection);
            }
        }
        catch (Exception end) when (end is SocketException or ObjectDisposedException or ChannelClosedException)
        {
            // Closed with its sandbox or with the server; anything else is worth a line.
            if (_listeners.ContainsKey(sandboxId))
            {
                LogStoppedListening(sandboxId, end);
                Close(sandboxId);
            }
        }
    }

    [LoggerMessage(LogLevel.Warning, "The port of sandbox {SandboxId} stopped listening.")]
    private partial void LogStoppedListening(string sandboxId, Exception exception);
}
