using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Hopx.Agent.Tests;

/// <summary>A WebSocket of the agent under test, as a client has it.</summary>
internal sealed class AgentSocket : IDisposable
{
    private readonly ClientWebSocket _socket = new();
    private readonly byte[] _buffer = new byte[4 * 1024 * 1024];

    private AgentSocket()
    {
    }

    public ClientWebSocket Socket => _socket;

    public static async Task<AgentSocket> OpenAsync(AgentFixture agent, string path)
    {
        var opened = new AgentSocket();
        await opened._socket.ConnectAsync(new Uri("ws://agent" + path), agent.Http, TestContext.Current.CancellationToken);
        return opened;
    }

    public Task SayAsync(string text) => _socket.SendAsync(Encoding.UTF8.GetBytes(text), WebSocketMessageType.Text, endOfMessage: true, TestContext.Current.CancellationToken);

    /// <summary>The next message; null when the agent has closed.</summary>
    public async Task<JsonElement?> HearAsync()
    {
        var length = 0;
        while (true)
        {
            var part = await _socket.ReceiveAsync(_buffer.AsMemory(length), TestContext.Current.CancellationToken);
            length += part.Count;
            if (part.MessageType is WebSocketMessageType.Close)
            {
                return null;
            }

            if (part.EndOfMessage)
            {
                return JsonElement.Parse(_buffer.AsSpan(0, length));
            }
        }
    }

    public async Task<T> HearAsync<T>(JsonTypeInfo<T> type) =>
        (await HearAsync() ?? throw new InvalidOperationException("The agent has closed.")).Deserialize(type)!;

    public void Dispose() => _socket.Dispose();
}
