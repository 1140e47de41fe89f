using Microsoft.Win32.SafeHandles;

namespace Hopx.Agent;

/// <summary>A program that was started, or could not be.</summary>
internal sealed class ProcessRun : IRun, IDisposable
{
    private readonly ActiveRun? _active;
    private readonly ChildProcess? _child;
    private readonly FileStream? _input;
    private volatile bool _isKilled;

    public ProcessRun(ChildProcess child, ActiveRun active, SafeFileHandle? input)
    {
        _child = child;
        _active = active;
        _input = input is null ? null : new FileStream(input, FileAccess.Write, bufferSize: 0);
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

    public async ValueTask<bool> WriteInputAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (_input is null || Completion.IsCompleted)
        {
            return false;
        }

        try
        {
            await _input.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (Exception closed) when (closed is IOException or ObjectDisposedException)
        {
            return false;
        }
    }

    public void EndInput() => _input?.Dispose();

    public void Dispose() => EndInput();
}
