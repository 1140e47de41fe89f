using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using Hopx.Client;

namespace Hopx.Agent;

/// <summary>Sends what a run writes to a client as text, in order. A client that reads slowly slows the run.</summary>
internal sealed class StreamObserver : RunObserver
{
    private const string WaitKind = "waiting_for_input";

    private readonly Decoder _stdout = Encoding.UTF8.GetDecoder();
    private readonly Decoder _stderr = Encoding.UTF8.GetDecoder();
    private readonly FrameMerger<RunFrame> _merger;
    private readonly TimeProvider _time;
    private readonly CancellationToken _over;
    private readonly TaskCompletionSource _clientLeft = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile bool _isClosed;
    private int _waits;

    public StreamObserver(JsonFrames frames, bool takesInput, TimeProvider time, CancellationToken over)
    {
        TakesInput = takesInput;
        _time = time;
        _over = over;
        _merger = new FrameMerger<RunFrame>(frames, MakeFrame, HopxJson.Default.RunFrame, over);
    }

    public override bool TakesInput { get; }

    /// <summary>Done when the client takes nothing any more.</summary>
    public Task ClientLeft => _clientLeft.Task;

    public override ValueTask OnOutputAsync(OutputKind kind, ReadOnlyMemory<byte> bytes) => _isClosed ? ValueTask.CompletedTask : DecodeAsync(kind, bytes, flush: false);

    public override void OnInputWait(InputWait? wait)
    {
        if (wait is not null && !_isClosed)
        {
            // A kind of its own each time: two of them must not be merged.
            var kind = $"{WaitKind} {Interlocked.Increment(ref _waits)}";
            _ = WriteAsync(kind, JsonSerializer.Serialize(wait, HopxJson.Default.InputWait).AsMemory());
        }
    }

    /// <summary>Sends what is left; what comes later is dropped.</summary>
    public async Task CompleteAsync()
    {
        _isClosed = true;
        await DecodeAsync(OutputKind.Stdout, ReadOnlyMemory<byte>.Empty, flush: true);
        await DecodeAsync(OutputKind.Stderr, ReadOnlyMemory<byte>.Empty, flush: true);
        await _merger.CompleteAsync();
    }

    private async ValueTask DecodeAsync(OutputKind kind, ReadOnlyMemory<byte> bytes, bool flush)
    {
        var decoder = kind is OutputKind.Stderr ? _stderr : _stdout;
        var text = new char[Encoding.UTF8.GetMaxCharCount(bytes.Length)];
        var length = decoder.GetChars(bytes.Span, text, flush);
        if (length > 0)
        {
            await WriteAsync(kind is OutputKind.Stderr ? "stderr" : "stdout", text.AsMemory(0, length));
        }
    }

    private async Task WriteAsync(string kind, ReadOnlyMemory<char> text)
    {
        try
        {
            await _merger.WriteAsync(kind, text, _over).AsTask().WaitAsync(RunStreams.ClientPatience, _time, _over);
        }
        catch (Exception gone) when (gone is OperationCanceledException or TimeoutException or WebSocketException or IOException or InvalidOperationException or ObjectDisposedException)
        {
            // The run must not suffer for it; whoever started it ends it.
            _isClosed = true;
            _clientLeft.TrySetResult();
        }
    }

    private RunFrame MakeFrame(string kind, string text) => kind.StartsWith(WaitKind, StringComparison.Ordinal)
        ? new RunFrame { Type = WaitKind, WaitingForInput = JsonSerializer.Deserialize(text, HopxJson.Default.InputWait), Timestamp = _time.GetUtcNow() }
        : new RunFrame { Type = kind, Data = text, Timestamp = _time.GetUtcNow() };
}
