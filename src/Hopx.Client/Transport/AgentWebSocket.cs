using System.Buffers;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace Hopx.Client;

/// <summary>A WebSocket of the agent: JSON objects, one a message. One task may receive while another sends.</summary>
internal sealed class AgentWebSocket : IAsyncDisposable
{
    private const int InitialBytes = 16 * 1024;

    private static readonly TimeSpan ClosePatience = TimeSpan.FromSeconds(2);

    private readonly ClientWebSocket _socket;
    private readonly int _maxMessageBytes;
    private readonly SemaphoreSlim _sending = new(1, 1);

    private AgentWebSocket(ClientWebSocket socket, int maxMessageBytes)
    {
        _socket = socket;
        _maxMessageBytes = maxMessageBytes;
    }

    /// <param name="http">What connects.</param>
    /// <param name="url">The address, with an HTTP scheme.</param>
    /// <param name="token">The sandbox's token.</param>
    /// <param name="maxMessageBytes">The longest message that is taken; a sandbox may send anything.</param>
    /// <param name="callerLeft">The caller's patience.</param>
    /// <param name="patience">The same, and ours for the connecting.</param>
    /// <param name="header">One more header of the request.</param>
    public static async Task<AgentWebSocket> ConnectAsync(
        HttpMessageInvoker http, Uri url, string token, int maxMessageBytes, CancellationToken callerLeft, CancellationToken patience, (string Name, string Value)? header = null)
    {
        var address = new UriBuilder(url) { Scheme = url.Scheme == Uri.UriSchemeHttps ? "wss" : "ws" }.Uri;
        var socket = new ClientWebSocket();
        try
        {
            socket.Options.CollectHttpResponseDetails = true;
            socket.Options.SetRequestHeader("Authorization", "Bearer " + token);
            // Without it our own agent keeps messages apart, for clients that lose those that come together.
            socket.Options.SetRequestHeader("X-HOPX-Pacing", "off");
            if (header is var (name, value))
            {
                socket.Options.SetRequestHeader(name, value);
            }

            await socket.ConnectAsync(address, http, patience).ConfigureAwait(false);
            return new AgentWebSocket(socket, maxMessageBytes);
        }
        catch (Exception failure) when (failure is WebSocketException or HttpRequestException or OperationCanceledException && !callerLeft.IsCancellationRequested)
        {
            var status = (int)socket.HttpStatusCode;
            socket.Dispose();
            throw Explain(url, status, failure);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>A header of the answer to the upgrade.</summary>
    public string? ReadHeader(string name) => _socket.HttpResponseHeaders?.TryGetValue(name, out var values) is true ? values.FirstOrDefault() : null;

    /// <summary>Sends one message. Cancelled half-way, it takes the connection with it.</summary>
    public async Task SendAsync<T>(T message, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        var bytes = JsonSerializer.SerializeToUtf8Bytes(message, type);
        await _sending.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            await _socket.SendAsync(bytes, WebSocketMessageType.Text, endOfMessage: true, cancellationToken).ConfigureAwait(false);
        }
        catch (WebSocketException failure)
        {
            throw Lost(failure);
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>The next message that can be read; others are skipped, as the SDKs do. Cancelled, it takes the connection with it.</summary>
    /// <returns>Null once the agent has closed.</returns>
    public async Task<T?> ReceiveAsync<T>(JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        while (true)
        {
            if (await ReceiveMessageAsync(cancellationToken).ConfigureAwait(false) is not { } bytes)
            {
                return null;
            }

            if (Parse(bytes.Span, type) is { } message)
            {
                return message;
            }
        }
    }

    /// <summary>Sends bytes as one message.</summary>
    public async Task SendBytesAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        try
        {
            await _socket.SendAsync(bytes, WebSocketMessageType.Binary, endOfMessage: true, cancellationToken).ConfigureAwait(false);
        }
        catch (WebSocketException failure)
        {
            throw Lost(failure);
        }
    }

    /// <summary>Reads bytes, wherever messages begin and end.</summary>
    /// <returns>0 once the agent has closed.</returns>
    public async Task<int> ReceiveBytesAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            ValueWebSocketReceiveResult part;
            do
            {
                part = await _socket.ReceiveAsync(buffer, cancellationToken).ConfigureAwait(false);
            }
            while (part is { Count: 0, MessageType: not WebSocketMessageType.Close });
            return part.Count;
        }
        catch (WebSocketException failure)
        {
            throw Lost(failure);
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_socket.State is WebSocketState.Open or WebSocketState.CloseReceived)
        {
            using var patience = new CancellationTokenSource(ClosePatience);
            try
            {
                await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, patience.Token).ConfigureAwait(false);
            }
            catch (Exception gone) when (gone is WebSocketException or OperationCanceledException or ObjectDisposedException or InvalidOperationException)
            {
                // Nobody is there to say goodbye to.
            }
        }

        _socket.Dispose();
        _sending.Dispose();
    }

    private static T? Parse<T>(ReadOnlySpan<byte> bytes, JsonTypeInfo<T> type)
        where T : class
    {
        try
        {
            return bytes.Length == 0 ? null : JsonSerializer.Deserialize(bytes, type);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private async Task<ReadOnlyMemory<byte>?> ReceiveMessageAsync(CancellationToken cancellationToken)
    {
        var incoming = new ArrayBufferWriter<byte>(InitialBytes);
        while (true)
        {
            ValueWebSocketReceiveResult part;
            try
            {
                part = await _socket.ReceiveAsync(incoming.GetMemory(InitialBytes), cancellationToken).ConfigureAwait(false);
            }
            catch (WebSocketException failure)
            {
                throw Lost(failure);
            }

            if (part.MessageType is WebSocketMessageType.Close)
            {
                return null;
            }

            if (incoming.WrittenCount + part.Count > _maxMessageBytes)
            {
                throw new HopxException(HopxErrorCode.PayloadTooLarge, $"The agent sent a message longer than {_maxMessageBytes} bytes; the connection was given up.");
            }

            incoming.Advance(part.Count);
            if (part.EndOfMessage)
            {
                return incoming.WrittenMemory;
            }
        }
    }

    private static HopxException Lost(WebSocketException failure) =>
        new(HopxErrorCode.Unreachable, $"The connection to the agent broke: {failure.Message} Connect again.", failure);

    private static HopxException Explain(Uri url, int status, Exception failure)
    {
        if (status is >= 400)
        {
            return new HopxException(HopxErrorCodeExtensions.FromStatus(status), $"WebSocket {url.AbsolutePath} was refused with status {status}.", failure) { StatusCode = status };
        }

        var cause = failure as HttpRequestException ?? failure.InnerException as HttpRequestException;
        return cause?.InnerException is HopxException known
            ? new HopxException(known.Code, known.Message, cause)
            : new HopxException(
                HopxErrorCode.Unreachable,
                failure is OperationCanceledException ? $"WebSocket {url.AbsolutePath} was not opened in time. Try again." : $"WebSocket {url.AbsolutePath} failed: {failure.Message}",
                cause ?? failure);
    }
}
