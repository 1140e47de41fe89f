namespace Hopx.Client;

/// <summary>A viewer's connection: the bytes of the desktop's RFB stream (VNC), without any authentication left to do. One task may read while another writes.</summary>
public sealed class DesktopConnection : IAsyncDisposable
{
    /// <summary>Carries the lease of a stream that controls; an address would end up in logs.</summary>
    public const string LeaseHeader = "X-HOPX-Desktop-Lease";

    private readonly AgentWebSocket _socket;

    internal DesktopConnection(AgentWebSocket socket) => _socket = socket;

    /// <returns>How much was read; 0 at the end, such as that of the lease.</returns>
    public Task<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => _socket.ReceiveBytesAsync(buffer, cancellationToken);

    public Task WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken = default) => _socket.SendBytesAsync(bytes, cancellationToken);

    public ValueTask DisposeAsync() => _socket.DisposeAsync();
}
