using System.Net.WebSockets;
using System.Text;
using Hopx.Client;

namespace Hopx.Agent;

/// <summary>The client that looks at a terminal. What it does not read it does not get, and the terminal waits for it.</summary>
internal sealed class TerminalViewer
{
    private readonly Decoder _decoder = Encoding.UTF8.GetDecoder();
    private readonly FrameMerger<TerminalFrame> _merger;
    private readonly CancellationToken _over;
    private readonly TaskCompletionSource _left = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource _replaced = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public TerminalViewer(JsonFrames frames, CancellationToken over)
    {
        _over = over;
        _merger = new FrameMerger<TerminalFrame>(frames, static (kind, text) => new TerminalFrame { Type = kind, Data = text }, HopxJson.Default.TerminalFrame, over);
    }

    /// <summary>Done when it takes nothing any more.</summary>
    public Task Left => _left.Task;

    /// <summary>Done when another client has taken its place.</summary>
    public Task Replaced => _replaced.Task;

    public void Replace() => _replaced.TrySetResult();

    public async Task WriteAsync(ReadOnlyMemory<byte> bytes)
    {
        if (_left.Task.IsCompleted || _replaced.Task.IsCompleted)
        {
            return;
        }

        var text = new char[Encoding.UTF8.GetMaxCharCount(bytes.Length)];
        var length = _decoder.GetChars(bytes.Span, text, flush: false);
        try
        {
            if (length > 0)
            {
                await Task.WhenAny(_merger.WriteAsync("output", text.AsMemory(0, length), _over).AsTask(), _replaced.Task).Unwrap();
            }
        }
        catch (Exception gone) when (gone is OperationCanceledException or WebSocketException or IOException or InvalidOperationException or ObjectDisposedException)
        {
            _left.TrySetResult();
        }
    }

    /// <summary>Waits until all has been sent.</summary>
    public Task CompleteAsync() => _merger.CompleteAsync();
}
