using System.IO.Pipes;
using Microsoft.Win32.SafeHandles;

namespace Hopx.Agent;

/// <summary>A program that was started, or could not be.</summary>
internal sealed class ProcessRun : IRun, IDisposable
{
    // What Ctrl-D types.
    private static readonly ReadOnlyMemory<byte> EndOfTransmission = new byte[] { 4, 4 };

    private readonly ActiveRun? _active;
    private readonly ChildProcess? _child;
    private readonly AnonymousPipeClientStream? _input;
    private readonly PseudoTerminal? _terminal;
    private readonly InputWaitWatch? _watch;
    private readonly SemaphoreSlim _typing = new(1, 1);
    private volatile bool _isKilled;
    private volatile bool _isFed;
    private volatile bool _isInLine;

    /// <param name="process">The program.</param>
    /// <param name="active">Its entry among those that go on.</param>
    /// <param name="watch">Watches whether it waits for input.</param>
    public ProcessRun(LaunchedProcess process, ActiveRun active, InputWaitWatch? watch)
    {
        _child = process.Child;
        _active = active;
        _watch = watch;
        _terminal = process.Terminal;
        // Written to when the pipe has room; a file stream would hold a thread of the pool for a program that does not read.
        _input = process.Input is { } input ? new AnonymousPipeClientStream(PipeDirection.Out, Move(input)) : null;
    }

    private ProcessRun(RunResult result) => Completion = Task.FromResult(result);

    public int? ProcessId => _child?.Id;

    public Task<RunResult> Completion { get; set; } = Task.FromException<RunResult>(new InvalidOperationException("The run was not started."));

    /// <summary>Whether a caller ended it.</summary>
    public bool IsKilled => _isKilled;

    public static ProcessRun NotStarted(RunResult result) => new(result);

    public void Kill()
    {
        _isKilled = true;
        _active?.Family.Kill();
    }

    public bool Signal(int signal)
    {
        if (_child is null || _child.Exited.IsCompleted)
        {
            return false;
        }

        _child.SignalGroup(signal);
        return true;
    }

    public ValueTask<bool> WriteInputAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) =>
        _isFed ? ValueTask.FromResult(false) : TypeAsync(bytes, cancellationToken);

    public void EndInput()
    {
        if (_terminal is not null)
        {
            // In a line the first one only hands over what is there.
            _ = TypeAsync(_isInLine ? EndOfTransmission : EndOfTransmission[..1], CancellationToken.None).AsTask();
            return;
        }

        _input?.Dispose();
        _watch?.NoteInput();
    }

    /// <summary>Types all that it is to read, then ends its input.</summary>
    public async Task FeedAsync(ReadOnlyMemory<byte> bytes)
    {
        _isFed = true;
        await TypeAsync(bytes, CancellationToken.None).ConfigureAwait(false);
        EndInput();
    }

    public void Dispose()
    {
        _watch?.Dispose();
        _input?.Dispose();
        _terminal?.Dispose();
        // Whoever still types is let go by the closed pipe, and needs the semaphore once more; it holds nothing.
    }

    private async ValueTask<bool> TypeAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if ((_input is null && _terminal is null) || Completion.IsCompletedSuccessfully)
        {
            return false;
        }

        // One after another, or what two callers type could be mixed.
        await _typing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            _watch?.NoteAnswer();
            var isTaken = await WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
            _watch?.NoteInput();
            return isTaken;
        }
        catch (Exception closed) when (closed is IOException or ObjectDisposedException)
        {
            return false;
        }
        finally
        {
            _typing.Release();
        }
    }

    private async ValueTask<bool> WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (_terminal is null)
        {
            await _input!.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
            return true;
        }

        _isInLine = bytes.IsEmpty ? _isInLine : bytes.Span[^1] is not ((byte)'\n' or (byte)'\r' or 3 or 4);
        return await _terminal.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
    }

    private static SafePipeHandle Move(SafeFileHandle handle)
    {
        using (handle)
        {
            var moved = new SafePipeHandle(handle.DangerousGetHandle(), ownsHandle: true);
            handle.SetHandleAsInvalid();
            return moved;
        }
    }
}
