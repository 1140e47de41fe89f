using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Threading.Channels;
using Hopx.Client;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Hopx.ControlPlane.Routing;

/// <summary>One loopback port for each sandbox, all served by one Kestrel: clients drop path prefixes, so an agent needs an address of its own.</summary>
internal sealed partial class SandboxPorts(IOptions<SocketTransportOptions> transport, ILoggerFactory loggers) : IConnectionListenerFactory, IConnectionListenerFactorySelector, IConnectionListener
{
    private readonly ILogger _logger = loggers.CreateLogger<SandboxPorts>();

    // With the settings of all other sockets, of which the memory is the one that counts: what goes through here is files.
    private readonly SocketTransportFactory _sockets = new(transport, loggers);
    private readonly ConcurrentDictionary<string, IConnectionListener> _listeners = new(StringComparer.Ordinal);

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
            End(listener);
            throw new InvalidOperationException($"Sandbox '{sandboxId}' has a port already.");
        }

        _ = AcceptAllAsync(sandboxId, listener);
        return ((IPEndPoint)listener.EndPoint).Port;
    }

    public bool IsOpen(string sandboxId) => _listeners.ContainsKey(sandboxId);

    public void Close(string sandboxId)
    {
        if (_listeners.TryRemove(sandboxId, out var listener))
        {
            End(listener);
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

    public ValueTask DisposeAsync() => UnbindAsync(CancellationToken.None);

    private IConnectionListener? Listen(int port)
    {
        try
        {
            // Nothing is waited for: the name of the method promises less than a socket does.
            var binding = _sockets.BindAsync(new IPEndPoint(IPAddress.Loopback, port)).AsTask();
            return binding.GetAwaiter().GetResult();
        }
        catch (Exception taken) when (taken is SocketException or AddressInUseException)
        {
            return null;
        }
    }

    private static void End(IConnectionListener listener) => _ = listener.DisposeAsync().AsTask();

    private async Task AcceptAllAsync(string sandboxId, IConnectionListener listener)
    {
        Exception? end = null;
        try
        {
            while (await listener.AcceptAsync() is { } connection)
            {
                connection.Features.Set(new SandboxRoute(sandboxId));
                await _accepted.Writer.WriteAsync(connection);
            }
        }
        catch (Exception failure) when (failure is SocketException or ObjectDisposedException or ChannelClosedException)
        {
            end = failure;
        }

        // Closed with its sandbox or with the server; anything else is worth a line.
        if (_listeners.ContainsKey(sandboxId))
        {
            LogStoppedListening(sandboxId, end);
            Close(sandboxId);
        }
    }

    [LoggerMessage(LogLevel.Warning, "The port of sandbox {SandboxId} stopped listening.")]
    private partial void LogStoppedListening(string sandboxId, Exception? exception);
}
