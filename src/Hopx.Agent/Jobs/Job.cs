using Hopx.Client;

namespace Hopx.Agent;

/// <summary>A run that can go on without its caller: it is followed, its output is kept, and it can be asked for by its identifier.</summary>
internal sealed class Job : RunObserver, IDisposable
{
    private const int MaxResultBytes = 64 * 1024 * 1024;
    private const int ResultMemoryBytes = 8 * 1024;

    private static readonly TimeSpan AnswerGrace = TimeSpan.FromSeconds(0.5);

    private readonly Lock _gate = new();
    private readonly JobDescription _description;
    private readonly TimeProvider _time;
    private readonly JobLog _resultLog;
    private TaskCompletionSource _changed = NewSignal();
    private IRun? _run;
    private InputWait? _wait;
    private RunResult? _result;
    private JobStatus _status = JobStatus.Queued;
    private DateTimeOffset _startTime;
    private DateTimeOffset? _endTime;
    private long _startedAt;
    private TimeSpan? _duration;
    private bool _isKilled;
    private int _waitReports;

    public Job(string suffix, JobDescription description, JobStorage storage, JobOptions options, int memoryBytes, TimeProvider time)
    {
        _description = description;
        _time = time;
        _startTime = time.GetUtcNow();
        _startedAt = time.GetTimestamp();
        ProcessId = $"proc_{suffix}";
        ExecutionId = $"exec_{suffix}";
        Output = new JobOutput(storage, ProcessId, options.OutputLimitBytes, memoryBytes);
        _resultLog = new JobLog(storage, ProcessId, "result.json", MaxResultBytes, ResultMemoryBytes);
    }

    public string ProcessId { get; }

    public string ExecutionId { get; }

    public JobOutput Output { get; }

    public bool HasResultOnDisk => _resultLog.IsOnDisk;

    public override bool TakesInput => _description.TakesInput;

    /// <summary>The process that leads it while it goes on.</summary>
    public int? LeaderId
    {
        get
        {
            lock (_gate)
            {
                return _status.HasEnded ? null : _run?.ProcessId;
            }
        }
    }

    public JobStatus Status
    {
        get
        {
            lock (_gate)
            {
                return CurrentStatus;
            }
        }
    }

    public override ValueTask OnOutputAsync(OutputKind kind, ReadOnlyMemory<byte> bytes)
    {
        // Written to a file, and a file is never slow to take: so the run waits for nobody.
        Output.Append(kind, bytes.Span);
        return ValueTask.CompletedTask;
    }

    public override void OnInputWait(InputWait? wait) => Change(() =>
    {
        _waitReports++;
        SetWait(wait);
    });

    /// <summary>The run has begun.</summary>
    public void Begin(IRun run)
    {
        var isLate = false;
        Change(() =>
        {
            _run = run;
            _startTime = _time.GetUtcNow();
            _startedAt = _time.GetTimestamp();
            _status = _wait is null ? JobStatus.Running : JobStatus.WaitingForInput;
            isLate = _isKilled;
        });
        if (isLate)
        {
            run.Kill();
        }
    }

    /// <summary>The run has ended, or could not begin.</summary>
    /// <param name="result">How; only the figures are kept, the output is here already.</param>
    public void End(RunResult result)
    {
        if (_description.DescribeResult is { } describe)
        {
            _resultLog.Append(describe(result));
        }

        Change(() =>
        {
            _result = result with { Stdout = "", Stderr = "", Rich = RichContent.None };
            _run = null;
            _wait = null;
            _endTime = _time.GetUtcNow();
            _duration = _time.GetElapsedTime(_startedAt);
            _status = result.Success ? JobStatus.Completed : _isKilled || result.Outcome is RunOutcome.Killed ? JobStatus.Killed : JobStatus.Failed;
        });
    }

    /// <summary>Ends it with all that came from it.</summary>
    /// <returns>Whether it had not ended before.</returns>
    public bool Kill()
    {
        IRun? run;
        lock (_gate)
        {
            if (_status.HasEnded)
            {
                return false;
            }

            _isKilled = true;
            run = _run;
        }

        run?.Kill();
        return true;
    }

    public bool Signal(int signal) => CurrentRun()?.Signal(signal) is true;

    public async ValueTask<bool> WriteInputAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        AnswerWait();
        return CurrentRun() is { } run && await run.WriteInputAsync(bytes, cancellationToken);
    }

    public void EndInput()
    {
        AnswerWait();
        CurrentRun()?.EndInput();
    }

    /// <summary>Waits until it has ended or waits for input.</summary>
    /// <param name="includingInput">Whether waiting for input is worth returning.</param>
    /// <param name="patience">How long at most.</param>
    /// <param name="callerLeft">The caller's token.</param>
    /// <returns>Whether that came to pass.</returns>
    public async Task<bool> WaitAsync(bool includingInput, TimeSpan patience, CancellationToken callerLeft)
    {
        var started = _time.GetTimestamp();
        while (true)
        {
            Task changed;
            lock (_gate)
            {
                if (_status.HasEnded || (includingInput && _status is JobStatus.WaitingForInput))
                {
                    return true;
                }

                changed = _changed.Task;
            }

            var left = patience - _time.GetElapsedTime(started);
            if (left <= TimeSpan.Zero)
            {
                return false;
            }

            try
            {
                await changed.WaitAsync(left, _time, callerLeft);
            }
            catch (TimeoutException)
            {
                return false;
            }
        }
    }

    public JobInfo ToInfo()
    {
        lock (_gate)
        {
            var duration = Math.Round((_duration ?? _time.GetElapsedTime(_startedAt)).TotalSeconds, 6);
            return new JobInfo
            {
                ProcessId = ProcessId,
                ExecutionId = ExecutionId,
                Name = _description.Name,
                Status = CurrentStatus,
                Kind = _description.Kind,
                Language = _description.Language,
                Command = _description.Command,
                Pid = _run?.ProcessId ?? _result?.ProcessId,
                StartTime = _startTime,
                StartedAt = _startTime,
                EndTime = _endTime,
                CompletedAt = _endTime,
                Duration = duration,
                ExecutionTime = duration,
                ExitCode = _result?.ExitCode,
                Outcome = _result?.Outcome ?? RunOutcome.Running,
                Explanation = _result?.Explanation,
                StdoutBytes = Output.LengthOf(JobOutputSource.Stdout),
                StderrBytes = Output.LengthOf(JobOutputSource.Stderr),
                OutputDirectory = Output.Directory,
                Interactive = TakesInput,
                WaitingForInput = _wait,
            };
        }
    }

    public BackgroundRun ToBackgroundRun()
    {
        var info = ToInfo();
        return new BackgroundRun
        {
            ProcessId = ProcessId,
            ExecutionId = ExecutionId,
            Status = info.Status,
            Name = info.Name,
            Pid = info.Pid,
            Command = info.Command,
            Message = $"Started in the background. GET /jobs/{ProcessId}/output shows what it writes.",
            StartTime = info.StartTime,
        };
    }

    /// <summary>What <see cref="JobDescription.DescribeResult"/> gave; empty when there is nothing.</summary>
    public byte[] ReadResult()
    {
        var bytes = new byte[_resultLog.Length];
        long offset = 0;
        var length = 0;
        while (_resultLog.Read(ref offset, bytes.AsSpan(length)) is var read and > 0)
        {
            length += read;
            offset += read;
        }

        return length == bytes.Length ? bytes : [];
    }

    public void Dispose()
    {
        Output.Dispose();
        _resultLog.Dispose();
    }

    // Whoever types, then waits, must not be told of the wait that was just answered. It comes back when nothing was heard of the run.
    private void AnswerWait()
    {
        InputWait? answered = null;
        var reports = 0;
        Change(() =>
        {
            answered = _wait;
            reports = _waitReports;
            SetWait(null);
        });
        if (answered is not null)
        {
            _ = RestoreAsync(answered, reports);
        }
    }

    private async Task RestoreAsync(InputWait answered, int reports)
    {
        await Task.Delay(AnswerGrace, _time);
        Change(() =>
        {
            if (_waitReports == reports && _wait is null)
            {
                SetWait(answered);
            }
        });
    }

    private void SetWait(InputWait? wait)
    {
        if (!_status.HasEnded)
        {
            _wait = wait;
            _status = _status is JobStatus.Queued ? _status : wait is null ? JobStatus.Running : JobStatus.WaitingForInput;
        }
    }

    // A run without a process waits for its turn.
    private JobStatus CurrentStatus => _status is JobStatus.Running && _run is { ProcessId: null, Completion.IsCompleted: false } ? JobStatus.Queued : _status;

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private IRun? CurrentRun()
    {
        lock (_gate)
        {
            return _run;
        }
    }

    private void Change(Action change)
    {
        TaskCompletionSource changed;
        lock (_gate)
        {
            change();
            changed = _changed;
            _changed = NewSignal();
        }

        changed.SetResult();
    }
}
