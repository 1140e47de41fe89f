using System.Net.WebSockets;
using System.Text;
using System.Text.Json;

namespace Hopx.Agent.Tests;

/// <summary>A client's end of one of the agent's WebSockets.</summary>
internal sealed class AgentSocket(ClientWebSocket socket) : IDisposable
{
    private byte[] _buffer = new byte[64 * 1024];

    public ClientWebSocket Socket => socket;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public static async Task<AgentSocket> OpenAsync(AgentFixture agent, string path, bool isPaced = false, string? token = null)
    {
        var socket = new ClientWebSocket();
        socket.Options.CollectHttpResponseDetails = true;
        if (token is not null)
        {
            socket.Options.SetRequestHeader("Authorization", "Bearer " + token);
        }

        if (!isPaced)
        {
            socket.Options.SetRequestHeader("X-HOPX-Pacing", "off");
        }

        await socket.ConnectAsync(new Uri("ws://agent" + path), agent.Http, Token);
        return new AgentSocket(socket);
    }

    public Task SayAsync(string json, WebSocketMessageType type = WebSocketMessageType.Text, bool isEnd = true) =>
        socket.SendAsync(Encoding.UTF8.GetBytes(json), type, isEnd, Token);

    /// <summary>The next message; null when the agent has closed.</summary>
    public async Task<JsonElement?> HearAsync()
    {
        var length = 0;
        while (true)
        {
            if (length == _buffer.Length)
            {
                Array.Resize(ref _buffer, 2 * length);
            }

            var part = await socket.ReceiveAsync(_buffer.AsMemory(length), Token);
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

    public async Task<T> HearAsync<T>(System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type) =>
        (await HearAsync() ?? throw new InvalidOperationException("The agent has closed.")).Deserialize(type)!;

    /// <summary>All messages to the last one.</summary>
    public async Task<List<JsonElement>> HearAllAsync(string last)
    {
        var messages = new List<JsonElement>();
        while (await HearAsync() is { } message)
        {
            messages.Add(message);
            if (message.GetProperty("type").GetString() == last)
            {
                await socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, Token);
            }
        }

        return messages;
    }

    public void Dispose() => socket.Dispose();
}
