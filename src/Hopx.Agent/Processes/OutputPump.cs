using System.IO.Pipes;
using Microsoft.Win32.SafeHandles;

namespace Hopx.Agent;

/// <summary>Empties one pipe into a buffer, without a thread of its own. Once detached it goes on emptying, so that whoever writes never blocks, and keeps nothing.</summary>
internal sealed class OutputPump : IDisposable
{
    private const int BufferBytes = 16 * 1024;

    private readonly AnonymousPipeClientStream _pipe;
    private readonly TimeProvider _time;
    private FollowedOutput? _output;
    private long _lastRead;

    public OutputPump(SafeFileHandle readEnd, FollowedOutput output, TimeProvider time)
    {
        // A pipe stream reads by readiness events; a file stream would hold a thread of the pool for each read.
        using (readEnd)
        {
            _pipe = new AnonymousPipeClientStream(PipeDirection.In, new SafePipeHandle(readEnd.DangerousGetHandle(), ownsHandle: true));
            readEnd.SetHandleAsInvalid();
        }

        _output = output;
        _time = time;
        _lastRead = time.GetTimestamp();
        Completion = PumpAsync();
    }

    /// <summary>Done when every writer has closed its end.</summary>
    public Task Completion { get; }

    public TimeSpan SinceLastRead => _time.GetElapsedTime(Interlocked.Read(ref _lastRead));

    public void Detach() => Volatile.Write(ref _output, null);

    public void Dispose() => _pipe.Dispose();

    private async Task PumpAsync()
    {
        var buffer = new byte[BufferBytes];
        try
        {
            while (await _pipe.ReadAsync(buffer).ConfigureAwait(false) is var read and > 0)
            {
                Interlocked.Exchange(ref _lastRead, _time.GetTimestamp());
                if (Volatile.Read(ref _output) is { } output)
                {
                    await output.AppendAsync(buffer.AsMemory(0, read)).ConfigureAwait(false);
                }
            }
        }
        catch (Exception ended) when (ended is IOException or ObjectDisposedException or OperationCanceledException)
        {
            // The reader gave up; for whoever waits that is an end like any other.
        }
        finally
        {
            await _pipe.DisposeAsync().ConfigureAwait(false);
        }
    }
}
