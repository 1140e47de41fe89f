using System.Text;

namespace Hopx.Agent;

/// <summary>A piece of code for a kernel: waiting, running or done. Its fields change on the kernel's thread alone, but for what is said here.</summary>
internal sealed class KernelCell(PythonKernel kernel, KernelRequest request, RunObserver observer, BoundedOutput stdout, BoundedOutput stderr, long enqueued) : IRun
{
    private const int MaxTypedBytes = 1024 * 1024;

    private readonly TaskCompletionSource<RunResult> _completion = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _inputGate = new();
    private readonly List<byte> _typed = [];
    private bool _isInputEnded = !observer.TakesInput;
    private volatile bool _isKillWanted;

    public KernelRequest Request => request;

    public RunObserver Observer => observer;

    public BoundedOutput Stdout => stdout;

    public BoundedOutput Stderr => stderr;

    /// <summary>When it was asked for.</summary>
    public long Enqueued => enqueued;

    public int? ProcessId => kernel.ProcessId;

    public Task<RunResult> Completion => _completion.Task;

    /// <summary>Whether its caller gave it up; safe to read anywhere.</summary>
    public bool IsKillWanted => _isKillWanted;

    public RichCollector Rich { get; } = new(request.RichOutputLimitBytes);

    public void Complete(RunResult result)
    {
        Release();
        _completion.TrySetResult(result);
    }

    public void Fail(Exception failure)
    {
        Release();
        _completion.TrySetException(failure);
    }

    public void Kill()
    {
        _isKillWanted = true;
        kernel.Wake();
    }

    public bool Signal(int signal) => kernel.Signal(this, signal);

    public ValueTask<bool> WriteInputAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        lock (_inputGate)
        {
            if (_isInputEnded || Completion.IsCompleted || _typed.Count + bytes.Length > MaxTypedBytes)
            {
                return ValueTask.FromResult(false);
            }

            _typed.AddRange(bytes.Span);
        }

        kernel.Wake();
        return ValueTask.FromResult(true);
    }

    public void EndInput()
    {
        lock (_inputGate)
        {
            _isInputEnded = true;
        }

        kernel.Wake();
    }

    /// <summary>Whether <see cref="TryReadLine"/> has something at once.</summary>
    public bool CanReadLine()
    {
        lock (_inputGate)
        {
            return _isInputEnded || _typed.Contains((byte)'\n');
        }
    }

    /// <summary>The next line that was typed; an unfinished one counts when no more can come.</summary>
    /// <param name="line">The line without its end, or null at the end of the input.</param>
    /// <returns>False while it has to be waited for.</returns>
    public bool TryReadLine(out string? line)
    {
        lock (_inputGate)
        {
            var end = _typed.IndexOf((byte)'\n');
            var length = end >= 0 ? end : _typed.Count;
            line = end < 0 && length == 0 ? null : Encoding.UTF8.GetString([.. _typed[..length]]).TrimEnd('\r');
            if (end < 0 && !_isInputEnded)
            {
                return false;
            }

            _typed.RemoveRange(0, end < 0 ? length : length + 1);
            return true;
        }
    }

    private void Release()
    {
        stdout.Release();
        stderr.Release();
    }
}

/// <summary>What a kernel is asked to run.</summary>
internal sealed record KernelRequest
{
    public required string Code { get; init; }

    /// <summary>Where it runs; null where the code before it has left the kernel.</summary>
    public string? Directory { get; init; }

    /// <summary>Variables for this run alone.</summary>
    public required IReadOnlyDictionary<string, string> Variables { get; init; }

    public required TimeSpan Timeout { get; init; }

    public required int RichOutputLimitBytes { get; init; }
}
