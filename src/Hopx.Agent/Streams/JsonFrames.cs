using System.Buffers;
using System.Net.WebSockets;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Hopx.Client;

namespace Hopx.Agent;

/// <summary>
/// A WebSocket that carries one JSON object a message. One task may receive while any number send. Unless the client says that it can do without,
/// messages keep a distance: the JavaScript SDK loses one that arrives together with another.
/// </summary>
internal sealed class JsonFrames : IDisposable
{
    /// <summary>The distance between two messages. At 5 ms some are still lost, and 10 ms here are a little less at the other end of a busy machine.</summary>
    public static readonly TimeSpan Pace = TimeSpan.FromMilliseconds(15);

    private const int InitialBytes = 4 * 1024;
    private const int MaxKeptBytes = 1024 * 1024;

    private static readonly TimeSpan ClosePatience = TimeSpan.FromSeconds(5);

    private readonly WebSocket _socket;
    private readonly TimeProvider _time;
    private readonly int _maxMessageBytes;
    private readonly SemaphoreSlim _sending = new(1, 1);
    private ArrayBufferWriter<byte> _outgoing = new(InitialBytes);
    private Task<ReadOnlyMemory<byte>?>? _receiving;
    private long _lastSent;

    /// <param name="socket">The accepted socket; disposed with this.</param>
    /// <param name="time">Clock of the distance between messages.</param>
    /// <param name="isPaced">Whether messages keep a distance.</param>
    /// <param name="maxMessageBytes">The longest message that is taken in.</param>
    public JsonFrames(WebSocket socket, TimeProvider time, bool isPaced, int maxMessageBytes)
    {
        _socket = socket;
        _time = time;
        _maxMessageBytes = maxMessageBytes;
        IsPaced = isPaced;
    }

    public bool IsPaced { get; }

    /// <summary>The next message that is not empty.</summary>
    /// <param name="type">Its shape.</param>
    /// <param name="cancellationToken">Ends the waiting alone: the message is there for the next call.</param>
    /// <returns>Null once the client has closed.</returns>
    public async Task<T?> ReceiveAsync<T>(JsonTypeInfo<T> type, CancellationToken cancellationToken)
        where T : class
    {
        while (true)
        {
            if (await TakeMessageAsync(cancellationToken) is not { } message)
            {
                return null;
            }

            if (message.Length == 0)
            {
                continue;
            }

            try
            {
                return JsonSerializer.Deserialize(message.Span, type) ?? throw new JsonException("The message is null.");
            }
            catch (JsonException malformed)
            {
                throw new HopxException(
                    HopxErrorCode.InvalidJson,
                    $"A message is not the JSON object that is expected here (at {malformed.Path ?? "$"}, line {malformed.LineNumber + 1}). Correct it and send it again.",
                    malformed);
            }
        }
    }

    /// <summary>Sends one message. Given up half-way, it takes the connection with it.</summary>
    public async Task SendAsync<T>(T frame, JsonTypeInfo<T> type, CancellationToken cancellationToken)
    {
        await _sending.WaitAsync(cancellationToken);
        try
        {
            _outgoing.ResetWrittenCount();
            using (var writer = new Utf8JsonWriter(_outgoing))
            {
                JsonSerializer.Serialize(writer, frame, type);
            }

            await KeepDistanceAsync(cancellationToken);
            await _socket.SendAsync(_outgoing.WrittenMemory, WebSocketMessageType.Text, endOfMessage: true, cancellationToken);
            _lastSent = _time.GetTimestamp();
            if (_outgoing.Capacity > MaxKeptBytes)
            {
                _outgoing = new ArrayBufferWriter<byte>(InitialBytes);
            }
        }
        finally
        {
            _sending.Release();
        }
    }

    /// <summary>Acts on each message until the client has closed; what is refused is answered, and the next one heard.</summary>
    public async Task ListenAsync<T>(JsonTypeInfo<T> type, Func<T, Task> act, CancellationToken over)
        where T : class
    {
        while (true)
        {
            try
            {
                if (await ReceiveAsync(type, over) is not { } message)
                {
                    return;
                }

                await act(message);
            }
            catch (HopxException refused)
            {
                await SendErrorAsync(refused, over);
            }
        }
    }

    public Task SendErrorAsync(HopxException error, CancellationToken cancellationToken) => SendAsync(
        new ErrorFrame { Error = error.Message, Message = error.Message, Code = error.Code.ToWire(), Path = error.Path, Timestamp = _time.GetUtcNow() },
        HopxJson.Default.ErrorFrame,
        cancellationToken);

    /// <summary>
    /// Ends the conversation after the last message: the client closes, as the SDKs do once they have seen it, and only when it does not within five seconds do we.
    /// Call it when nobody receives any more.
    /// </summary>
    public async Task CloseAsync(CancellationToken cancellationToken)
    {
        if (!await ClientClosesAsync(cancellationToken) && _socket.State is WebSocketState.Open)
        {
            await CloseOutputAsync(cancellationToken);
            // What the client still sends would reset the connection, and it might lose the last message by that.
            _ = await ClientClosesAsync(cancellationToken);
        }
        else if (_socket.State is WebSocketState.CloseReceived)
        {
            await CloseOutputAsync(cancellationToken);
        }
    }

    public void Dispose()
    {
        // Ends a receive that is still under way.
        _socket.Abort();
        _socket.Dispose();
        _sending.Dispose();
    }

    private async Task CloseOutputAsync(CancellationToken cancellationToken)
    {
        await _sending.WaitAsync(cancellationToken);
        try
        {
            await KeepDistanceAsync(cancellationToken);
            await _socket.CloseOutputAsync(WebSocketCloseStatus.NormalClosure, null, cancellationToken);
        }
        finally
        {
            _sending.Release();
        }
    }

    private async Task KeepDistanceAsync(CancellationToken cancellationToken)
    {
        if (IsPaced && _lastSent != 0 && Pace - _time.GetElapsedTime(_lastSent) is var wait && wait > TimeSpan.Zero)
        {
            await Task.Delay(wait, _time, cancellationToken);
        }
    }

    private async Task<bool> ClientClosesAsync(CancellationToken cancellationToken)
    {
        using var patience = new CancellationTokenSource(ClosePatience, _time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, cancellationToken);
        while (true)
        {
            try
            {
                if (await TakeMessageAsync(both.Token) is null)
                {
                    return true;
                }
            }
            catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
            {
                return false;
            }
            catch (HopxException)
            {
                // Too long or not text: nobody reads it any more.
            }
        }
    }

    // A cancelled receive would abort the socket; so the wait is cancelled, and the receive is there for whoever waits next.
    private async Task<ReadOnlyMemory<byte>?> TakeMessageAsync(CancellationToken cancellationToken)
    {
        _receiving ??= ReceiveMessageAsync();
        try
        {
            return await _receiving.WaitAsync(cancellationToken);
        }
        finally
        {
            if (_receiving.IsCompleted)
            {
                _receiving = null;
            }
        }
    }

    private async Task<ReadOnlyMemory<byte>?> ReceiveMessageAsync()
    {
        if (_socket.State is not (WebSocketState.Open or WebSocketState.CloseSent))
        {
            return null;
        }

        var incoming = new ArrayBufferWriter<byte>(InitialBytes);
        var isTooLong = false;
        while (true)
        {
            var part = await _socket.ReceiveAsync(incoming.GetMemory(InitialBytes), CancellationToken.None);
            if (part.MessageType is WebSocketMessageType.Close)
            {
                return null;
            }

            if (incoming.WrittenCount + part.Count > _maxMessageBytes)
            {
                // Read to its end all the same, so that what follows is understood.
                isTooLong = true;
                incoming.ResetWrittenCount();
            }
            else if (!isTooLong)
            {
                incoming.Advance(part.Count);
            }

            if (part.EndOfMessage)
            {
                return isTooLong
                    ? throw new HopxException(HopxErrorCode.PayloadTooLarge, $"A message is longer than the {_maxMessageBytes / 1024} KiB that are taken here. Send it in parts.")
                    : part.MessageType is WebSocketMessageType.Binary
                    ? throw new HopxException(HopxErrorCode.InvalidRequest, "A message is binary. Send JSON objects as text.")
                    : incoming.WrittenMemory;
            }
        }
    }
}
