using System.Net;
using System.Net.Sockets;
using System.Net.WebSockets;
using System.Text;

namespace Hopx.Agent.Tests;

/// <summary>Two ends of one WebSocket, over a real connection.</summary>
internal sealed class SocketPair : IDisposable
{
    private readonly TcpClient _near;
    private readonly TcpClient _far;

    private SocketPair(TcpClient near, TcpClient far)
    {
        _near = near;
        _far = far;
        Server = WebSocket.CreateFromStream(near.GetStream(), new WebSocketCreationOptions { IsServer = true });
        Client = WebSocket.CreateFromStream(far.GetStream(), new WebSocketCreationOptions());
    }

    public WebSocket Server { get; }

    public WebSocket Client { get; }

    public static async Task<SocketPair> ConnectAsync()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var near = new TcpClient { NoDelay = true };
        var accepting = listener.AcceptTcpClientAsync(TestContext.Current.CancellationToken);
        await near.ConnectAsync((IPEndPoint)listener.LocalEndpoint, TestContext.Current.CancellationToken);
        return new SocketPair(near, await accepting);
    }

    public Task SayAsync(string text, WebSocketMessageType type = WebSocketMessageType.Text) =>
        Client.SendAsync(Encoding.UTF8.GetBytes(text), type, endOfMessage: true, TestContext.Current.CancellationToken);

    /// <summary>The next message that the client gets; null when the server has closed.</summary>
    public async Task<string?> HearAsync()
    {
        var buffer = new byte[2 * 1024 * 1024];
        var length = 0;
        while (true)
        {
            var part = await Client.ReceiveAsync(buffer.AsMemory(length), TestContext.Current.CancellationToken);
            length += part.Count;
            if (part.MessageType is WebSocketMessageType.Close)
            {
                return null;
            }

            if (part.EndOfMessage)
            {
                return Encoding.UTF8.GetString(buffer, 0, length);
            }
        }
    }

    public void Dispose()
    {
        Server.Dispose();
        Client.Dispose();
        _near.Dispose();
        _far.Dispose();
    }
}
