using System.Text;
using System.Text.Json.Serialization.Metadata;

namespace Hopx.Agent;

/// <summary>
/// Text on its way to a client, in order. What comes in while a message is on its way goes out as the next one, so that a slow connection gets few large messages
/// and a fast one many small; and whoever writes waits once too much is pending.
/// </summary>
/// <typeparam name="TFrame">The message that carries text.</typeparam>
internal sealed class FrameMerger<TFrame>
{
    private const int MaxFrameLength = 256 * 1024;
    private const int MaxPendingLength = 1024 * 1024;

    private readonly JsonFrames _frames;
    private readonly Func<string, string, TFrame> _make;
    private readonly JsonTypeInfo<TFrame> _type;
    private readonly Lock _gate = new();
    private readonly Queue<Piece> _pending = new();
    private readonly Task _sending;
    private readonly CancellationToken _cancellationToken;
    private TaskCompletionSource _arrived = NewSignal();
    private TaskCompletionSource _sent = NewSignal();
    private Piece? _last;
    private int _pendingLength;
    private bool _isComplete;

    /// <param name="frames">The connection.</param>
    /// <param name="make">Makes a message of a kind, such as stdout, and text.</param>
    /// <param name="type">Its shape.</param>
    /// <param name="cancellationToken">Ends the sending.</param>
    public FrameMerger(JsonFrames frames, Func<string, string, TFrame> make, JsonTypeInfo<TFrame> type, CancellationToken cancellationToken)
    {
        _frames = frames;
        _make = make;
        _type = type;
        _cancellationToken = cancellationToken;
        _sending = SendAllAsync();
    }

    /// <summary>Takes text in; waits while too much is pending. Fails when the client has left.</summary>
    public async ValueTask WriteAsync(string kind, ReadOnlyMemory<char> text, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task sent;
            lock (_gate)
            {
                if (_pendingLength < MaxPendingLength && !_sending.IsCompleted)
                {
                    Add(kind, text.Span);
                    return;
                }

                sent = _sent.Task;
            }

            await Task.WhenAny(sent, _sending).WaitAsync(cancellationToken);
            if (_sending.IsCompleted)
            {
                await _sending;
                throw new InvalidOperationException("Nothing is sent after the end.");
            }
        }
    }

    /// <summary>Waits until all has been sent; nothing may be written after it.</summary>
    public async Task CompleteAsync()
    {
        lock (_gate)
        {
            _isComplete = true;
            _arrived.TrySetResult();
        }

        await _sending;
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Add(string kind, ReadOnlySpan<char> text)
    {
        _pendingLength += text.Length;
        while (text.Length > 0)
        {
            if (_last is null || _last.Kind != kind || _last.Text.Length >= MaxFrameLength)
            {
                _pending.Enqueue(_last = new Piece(kind, new StringBuilder()));
            }

            var length = Math.Min(text.Length, MaxFrameLength - _last.Text.Length);
            if (length > 0 && length < text.Length && char.IsHighSurrogate(text[length - 1]))
            {
                // Half a character is no text.
                length++;
            }

            _last.Text.Append(text[..length]);
            text = text[length..];
        }

        _arrived.TrySetResult();
    }

    private async Task SendAllAsync()
    {
        while (true)
        {
            Task? arrived = null;
            Piece? next = null;
            lock (_gate)
            {
                if (_pending.TryDequeue(out next))
                {
                    _pendingLength -= next.Text.Length;
                    _last = _last == next ? null : _last;
                    _sent.TrySetResult();
                    _sent = NewSignal();
                }
                else if (_isComplete)
                {
                    return;
                }
                else
                {
                    _arrived = NewSignal();
                    arrived = _arrived.Task;
                }
            }

            if (next is not null)
            {
                await _frames.SendAsync(_make(next.Kind, next.Text.ToString()), _type, _cancellationToken);
            }
            else
            {
                await arrived!.WaitAsync(_cancellationToken);
            }
        }
    }

    private sealed record Piece(string Kind, StringBuilder Text);
}
