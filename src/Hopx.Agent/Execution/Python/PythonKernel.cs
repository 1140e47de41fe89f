using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Hopx.Client;
using Microsoft.Win32.SafeHandles;

namespace Hopx.Agent;

/// <summary>
/// A Python process that runs one piece of code after the other and keeps their variables. A thread of its own follows it: output, messages, time and death
/// meet there in one order, so nothing here needs a lock but the queue. A process that dies or hangs is replaced by the next piece of code.
/// </summary>
internal sealed partial class PythonKernel : IDisposable
{
    private const int ThreadStackBytes = 256 * 1024;
    private const int TimedOut = 124;
    private const int CannotStart = 126;
    private const int NotFound = 127;
    private const int Interrupted = 130;
    private const int MaxDrainRounds = 256;
    private const string TemporaryFiles = "/tmp";
    private const long BytesPerMib = 1024 * 1024;

    private static readonly TimeSpan InterruptInterval = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan EndDelay = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LeastTime = TimeSpan.FromMilliseconds(100);

    // Less is not waiting but the way through the queue.
    private static readonly TimeSpan LeastWaitToTell = TimeSpan.FromMilliseconds(100);

    // A killed process in uninterruptible sleep may stay; the caller gets an answer all the same.
    private static readonly TimeSpan DeathGrace = TimeSpan.FromSeconds(5);

    private readonly KernelParts _parts;
    private readonly ILogger _logger;
    private readonly WakeUp _wake = new();
    private readonly Lock _gate = new();
    private readonly LinkedList<KernelCell> _waiting = [];
    private Thread? _thread;
    private bool _isStopping;

    // Of the thread alone, though others may look at them.
    private volatile KernelCell? _current;
    private volatile PythonProcess? _process;
    private KernelStream[] _streams = [];
    private ActiveRun? _active;
    private Dictionary<string, string> _lasting = [];
    private KernelUsage _before;
    private SandboxLimits.Counters _countersBefore;
    private long _started;
    private TimeSpan _time;
    private long _interruptedAt;
    private long _lastInterrupt;
    private Ending _ending;
    private bool _wasInterrupted;
    private bool _isKilled;
    private bool _isAsking;
    private bool _isChannelOpen;
    private long _channelClosedAt;
    private bool _isKilledForChannel;
    private bool _isLossTold;
    private bool _isSent;
    private volatile bool _hasRun;
    private bool _isPreparing;
    private PythonIdentity? _identity;
    private bool _isDone;
    private int _code;
    private long _cpuMicroseconds;
    private string? _untoldLoss;

    public PythonKernel(string name, KernelParts parts)
    {
        Name = name;
        _parts = parts;
        _logger = parts.Logger;
        LastActivity = parts.Time.GetUtcNow();
    }

    private enum Ending
    {
        ByItself,
        TimeUp,
        Killed,
    }

    public string Name { get; }

    public DateTimeOffset LastActivity { get; private set; }

    public int? ProcessId => _process?.Child.Id;

    /// <summary>Whether there is a process, be it one that has run nothing yet.</summary>
    public bool IsThere => _process is not null || IsBusy;

    /// <summary>Whether there is a process with variables in it, or one on its way.</summary>
    public bool IsInUse => (_process is not null && _hasRun) || IsBusy;

    public bool IsBusy
    {
        get
        {
            lock (_gate)
            {
                return _current is not null || _waiting.Count > 0;
            }
        }
    }

    /// <summary>Has code run once it is its turn.</summary>
    public IRun Run(KernelRequest request, RunObserver observer)
    {
        var limit = _parts.Processes.Value.OutputLimitBytes;
        var cell = new KernelCell(
            this, request, observer, BoundedOutput.HeadAndTail(limit, _parts.Memory), BoundedOutput.HeadAndTail(limit, _parts.Memory), _parts.Time.GetTimestamp());
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isStopping, this);
            if (_waiting.Count > _parts.Execution.Value.MaxWaitingForKernel)
            {
                throw new HopxException(
                    HopxErrorCode.ResourceLimitError,
                    $"{_waiting.Count} runs wait for the Python kernel '{Name}' already. Wait for them to end, name another kernel, or ask for a clean interpreter.")
                {
                    RetryAfter = TimeSpan.FromSeconds(1),
                };
            }

            _waiting.AddLast(cell);
            StartThread();
        }

        Wake();
        return cell;
    }

    /// <summary>Has a process ready before there is code for it.</summary>
    public void Prepare()
    {
        lock (_gate)
        {
            if (_isStopping)
            {
                return;
            }

            _isPreparing = true;
            StartThread();
        }

        Wake();
    }

    public void Wake() => _wake.Set();

    public bool Signal(KernelCell cell, int signal)
    {
        if (_current != cell || _process is not { } process || process.Child.Exited.IsCompleted)
        {
            return false;
        }

        process.Child.Signal(signal);
        return true;
    }

    public void Dispose()
    {
        Thread? thread;
        lock (_gate)
        {
            if (_isStopping)
            {
                return;
            }

            _isStopping = true;
            thread = _thread;
        }

        Wake();
        thread?.Join();
        _wake.Dispose();
    }

    private void StartThread()
    {
        if (_thread is null)
        {
            _thread = new Thread(Follow, ThreadStackBytes) { IsBackground = true, Name = "Python kernel" };
            _thread.Start();
        }
    }

    private void Follow()
    {
        while (true)
        {
            try
            {
                if (!Step())
                {
                    return;
                }
            }
            catch (Exception failure)
            {
                // Whoever waits must not wait for ever, whatever went wrong here.
                LogFailed(failure, Name);
                _current?.Fail(failure);
                EndCell();
                DropProcess();
            }
        }
    }

    /// <returns>False at the end.</returns>
    private bool Step()
    {
        lock (_gate)
        {
            if (_isStopping)
            {
                Abandon();
                return false;
            }
        }

        BeginNext();
        Poll(GiveUpWaiting());
        ReadOutput();
        ReadMessages();
        if (_process is { } process)
        {
            if (process.Child.Exited.IsCompleted && IsDrained())
            {
                Bury(process);
            }
            else if (_isDone && IsDrained())
            {
                Complete(DescribeEnd(process));
            }
            else
            {
                Hurry(process);
                KillWhenUnreachable(process);
            }
        }

        return true;
    }

    private void Abandon()
    {
        DropProcess();
        foreach (var cell in _current is { } current ? _waiting.Prepend(current) : _waiting)
        {
            cell.Complete(new RunResult { Outcome = RunOutcome.Killed, ExitCode = Interrupted, Duration = TimeSpan.Zero, Explanation = "The sandbox ended.", Kernel = Name });
        }

        _waiting.Clear();
    }

    private void BeginNext()
    {
        if (_current is not null)
        {
            return;
        }

        KernelCell? next;
        bool isPreparing;
        lock (_gate)
        {
            isPreparing = _isPreparing;
            _isPreparing = false;
            next = _waiting.First?.Value;
            if (next is not null)
            {
                _waiting.RemoveFirst();
                _current = next;
            }
        }

        if (next is null)
        {
            if (isPreparing && _process is null)
            {
                // Where it cannot be started now, the first code tells why.
                _ = StartProcess();
            }

            return;
        }

        _started = _parts.Time.GetTimestamp();
        _time = TimeSpan.FromTicks(Math.Max((next.Request.Timeout - _parts.Time.GetElapsedTime(next.Enqueued)).Ticks, LeastTime.Ticks));
        if (_process is { } dead && dead.Child.Exited.IsCompleted)
        {
            // It died while nothing ran, and nobody has looked since.
            Bury(dead);
        }

        if (_process is not null && !_hasRun && _identity != FindIdentity())
        {
            // It was made ready for an environment that has changed since, such as by the variables of a caller who came later.
            DropProcess();
        }

        if (_process is null && StartProcess() is { } failure)
        {
            Complete(failure);
            return;
        }

        Send(next, _process!);
    }

    private PythonIdentity? FindIdentity()
    {
        var variables = PythonProcesses.Complete(_parts.Environment.GetAll());
        return ExecutableSearch.Find(PythonProgram.Executable, variables, _parts.Directories.Default) is { } executable ? PythonIdentity.Of(executable, variables) : null;
    }

    private RunResult? StartProcess()
    {
        var variables = PythonProcesses.Complete(_parts.Environment.GetAll());
        var directory = _parts.Directories.Default;
        if (ExecutableSearch.Find(PythonProgram.Executable, variables, directory) is not { } executable)
        {
            return NotStarted(NotFound, PythonProgram.Missing);
        }

        _lasting = _parts.Environment.GetAll();
        var mark = RandomNumberGenerator.GetHexString(PythonProcesses.MarkLength, lowercase: true);
        variables[ProcessFamily.MarkVariable] = mark;
        var stdout = KernelStream.Create(OutputKind.Stdout, out var stdoutEnd);
        var stderr = KernelStream.Create(OutputKind.Stderr, out var stderrEnd);
        using (stdoutEnd)
        using (stderrEnd)
        {
            try
            {
                Directory.CreateDirectory(directory);
                using var nothing = File.OpenHandle("/dev/null");
                var process = _parts.Python.Start(new PythonStart
                {
                    Executable = executable,
                    Environment = variables,
                    WorkingDirectory = directory,
                    Streams = [nothing, stdoutEnd, stderrEnd],
                    RichOutputLimitBytes = _parts.Execution.Value.RichOutputLimitBytes,
                });
                _identity = PythonIdentity.Of(executable, variables);
                _streams = [stdout, stderr];
                _active = new ActiveRun(process.Child, mark);
                _isChannelOpen = true;
                _isKilledForChannel = _isLossTold = false;
                _process = process;
                _ = process.Child.Exited.ContinueWith(_ => Wake(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
                return null;
            }
            catch (Exception failure) when (failure is NativeException or IOException)
            {
                stdout.Dispose();
                stderr.Dispose();
                return NotStarted(CannotStart, $"python3: {failure.Message} The sandbox's limit of processes, memory or disk may be reached: end or remove something, then try again.");
            }
        }
    }

    private void Send(KernelCell cell, PythonProcess process)
    {
        _ending = Ending.ByItself;
        _interruptedAt = 0;
        _wasInterrupted = _isKilled = _isAsking = _isDone = false;
        _before = KernelUsage.Read(process.Child.Id);
        _countersBefore = SandboxLimits.Read();
        _parts.Active.Add(_active!);
        var now = _parts.Environment.GetAll();
        var changed = now.Where(variable => _lasting.GetValueOrDefault(variable.Key) != variable.Value);
        var removed = _lasting.Keys.Where(name => !now.ContainsKey(name));
        var isSent = process.Channel.TrySend(
            'C',
            cell.Request.Code,
            cell.Request.Directory ?? "",
            PythonStart.ToText(changed),
            string.Join('\0', removed),
            PythonStart.ToText(cell.Request.Variables),
            cell.Observer.TakesInput ? "1" : "0");
        _lasting = now;
        _isSent = _hasRun = true;
        if (!isSent)
        {
            CloseChannel();
        }

        foreach (var stream in _streams)
        {
            stream.Begin(cell, Wake);
        }
    }

    /// <summary>Ends those whose time is up before their turn has come.</summary>
    /// <returns>How long until the next of them.</returns>
    private TimeSpan GiveUpWaiting()
    {
        var soonest = Timeout.InfiniteTimeSpan;
        List<KernelCell> ended = [];
        lock (_gate)
        {
            for (var node = _waiting.First; node is not null;)
            {
                var next = node.Next;
                var left = node.Value.Request.Timeout - _parts.Time.GetElapsedTime(node.Value.Enqueued);
                if (left <= TimeSpan.Zero || node.Value.IsKillWanted)
                {
                    ended.Add(node.Value);
                    _waiting.Remove(node);
                }
                else
                {
                    soonest = Sooner(soonest, left);
                }

                node = next;
            }
        }

        foreach (var cell in ended)
        {
            var text = cell.IsKillWanted
                ? "Given up before its turn came; nothing was run."
                : $"Waited {Seconds(cell.Request.Timeout)} for the Python kernel '{Name}', which is busy with other code; nothing was run. Ask for a clean interpreter, name another kernel, or allow more time.";
            cell.Complete(new RunResult
            {
                Outcome = cell.IsKillWanted ? RunOutcome.Killed : RunOutcome.TimedOut,
                ExitCode = cell.IsKillWanted ? Interrupted : TimedOut,
                Duration = _parts.Time.GetElapsedTime(cell.Enqueued),
                Stderr = text + "\n",
                Explanation = text,
                Kernel = Name,
            });
        }

        return soonest;
    }

    private unsafe void Poll(TimeSpan patience)
    {
        lock (_gate)
        {
            if (_current is null && _waiting.Count > 0)
            {
                return;
            }
        }

        if (_process is not null && !_isChannelOpen && !_isKilledForChannel)
        {
            patience = Sooner(patience, EndDelay);
        }

        if (_current is not null && _process is not null && !_isDone)
        {
            patience = Sooner(patience, _interruptedAt == 0 ? _time - _parts.Time.GetElapsedTime(_started) : InterruptInterval);
        }

        var entries = stackalloc Libc.PollDescriptor[4];
        nuint count = 0;
        entries[count++] = Wanted(_wake.Descriptor);
        if (_process is { } process && _isChannelOpen)
        {
            entries[count++] = Wanted(process.Channel.Socket);
        }

        foreach (var stream in _streams)
        {
            if (!stream.IsClosed && !stream.IsBusy)
            {
                entries[count++] = Wanted(stream.ReadEnd);
            }
        }

        var milliseconds = patience < TimeSpan.Zero ? (patience == Timeout.InfiniteTimeSpan ? -1 : 0) : (int)Math.Min(Math.Ceiling(patience.TotalMilliseconds), int.MaxValue);
        if (Libc.Poll(entries, count, milliseconds) < 0 && Marshal.GetLastPInvokeError() != Errno.Interrupted)
        {
            throw new NativeException("wait for a kernel", Marshal.GetLastPInvokeError());
        }

        _wake.Reset();
    }

    private void ReadOutput()
    {
        foreach (var stream in _streams)
        {
            // What is read after the end belongs to the next; so not further than the end before this one is answered.
            while (!stream.IsClosed && !stream.IsBusy && !(IsEnding && stream.IsAtEnd) && stream.Read(_current, Wake))
            {
                if (!IsEnding)
                {
                    break;
                }
            }
        }
    }

    private bool IsEnding => _isDone || _process?.Child.Exited.IsCompleted is true;

    private void ReadMessages()
    {
        if (_process is not { } process || !_isChannelOpen || _isDone)
        {
            return;
        }

        if (process.Channel.WaitForInput(TimeSpan.Zero) && !process.Channel.Fill())
        {
            CloseChannel();
        }

        while (!_isDone && process.Channel.TryTake(out var kind, out var fields))
        {
            Take(process, kind, fields);
        }

        process.Channel.Trim();
        if (_isAsking && _current is { } cell)
        {
            Answer(process, cell);
        }
    }

    private void Take(PythonProcess process, byte kind, PythonFields fields)
    {
        if (_current is not { } cell || cell.Rich.Take(kind, fields))
        {
            // A picture that a thread shows while nothing runs has nobody to go to.
            return;
        }

        switch (kind)
        {
            case (byte)'?':
                _isAsking = true;
                var prompt = fields.NextText() ?? "";
                if (!cell.CanReadLine())
                {
                    cell.Observer.OnInputWait(new InputWait { Prompt = prompt, Source = "stdin", Pid = process.Child.Id, ProcessName = PythonProgram.Executable });
                }

                break;
            case (byte)'!':
                _isDone = true;
                _code = int.TryParse(fields.NextText(), NumberStyles.None, CultureInfo.InvariantCulture, out var code) ? code : 1;
                _ = long.TryParse(fields.NextText(), NumberStyles.None, CultureInfo.InvariantCulture, out _cpuMicroseconds);
                MarkEnds();
                break;
            default:
                // Not one of ours: the code has written to the channel itself, and nothing that comes by it is certain any more.
                CloseChannel();
                break;
        }
    }

    private void Answer(PythonProcess process, KernelCell cell)
    {
        if (!cell.TryReadLine(out var line))
        {
            return;
        }

        _isAsking = false;
        cell.Observer.OnInputWait(null);
        if (!(line is null ? process.Channel.TrySend('E') : process.Channel.TrySend('I', line)))
        {
            CloseChannel();
        }
    }

    private void CloseChannel()
    {
        if (_isChannelOpen)
        {
            _isChannelOpen = false;
            _channelClosedAt = _parts.Time.GetTimestamp();
        }
    }

    private void MarkEnds()
    {
        foreach (var stream in _streams)
        {
            stream.MarkEnd();
        }
    }

    private bool IsDrained() => Array.TrueForAll(_streams, stream => stream.IsAtEnd);

    /// <summary>Interrupts code whose time is up or whose caller has left, and kills the kernel when that is of no use.</summary>
    private void Hurry(PythonProcess process)
    {
        if (_current is not { } cell || _isDone)
        {
            return;
        }

        if (_interruptedAt == 0)
        {
            _ending = cell.IsKillWanted ? Ending.Killed : _parts.Time.GetElapsedTime(_started) >= _time ? Ending.TimeUp : Ending.ByItself;
            if (_ending is Ending.ByItself)
            {
                return;
            }

            _interruptedAt = _parts.Time.GetTimestamp();
            Interrupt(process);
        }
        else if (!_isKilled && _parts.Time.GetElapsedTime(_interruptedAt) >= _parts.Execution.Value.InterruptGrace)
        {
            _isKilled = true;
            _active!.Family.Kill();
        }
        else if (!_isKilled && _parts.Time.GetElapsedTime(_lastInterrupt) >= InterruptInterval)
        {
            // Code may catch one, or be where it does no harm.
            Interrupt(process);
        }
        else if (_isKilled && _parts.Time.GetElapsedTime(_interruptedAt) >= _parts.Execution.Value.InterruptGrace + DeathGrace)
        {
            LogCannotDie(process.Child.Id);
            Complete(DescribeLoss(process, null));
            DropProcess();
        }
    }

    private void KillWhenUnreachable(PythonProcess process)
    {
        // A process that ends closes its channel too, a moment before its end is known. One that lives on without it is of no use.
        if (!_isChannelOpen && !_isKilledForChannel && !process.Child.Exited.IsCompleted && _parts.Time.GetElapsedTime(_channelClosedAt) >= EndDelay)
        {
            _isKilledForChannel = true;
            _active!.Family.Kill();
        }
    }

    private void Interrupt(PythonProcess process)
    {
        _lastInterrupt = _parts.Time.GetTimestamp();
        _wasInterrupted = true;
        process.Child.Signal(Libc.SigInterrupt);
    }

    private void Bury(PythonProcess process)
    {
        // What it said last.
        for (var round = 0; round < MaxDrainRounds && _isChannelOpen && !_isDone && process.Channel.WaitForInput(TimeSpan.Zero); round++)
        {
            if (!process.Channel.Fill())
            {
                CloseChannel();
            }

            while (!_isDone && process.Channel.TryTake(out var kind, out var fields))
            {
                Take(process, kind, fields);
            }
        }

        var exit = process.Child.Exited.Result;
        if (_current is not null && _isSent)
        {
            for (var round = 0; round < MaxDrainRounds && _streams.Any(stream => !stream.IsBusy && stream.Read(_current, Wake)); round++)
            {
            }

            Complete(DescribeLoss(process, exit));
        }
        else if (_hasRun && !_isLossTold)
        {
            _untoldLoss = $"The Python kernel '{Name}' had ended before: {DescribeExit(exit)}. The variables of earlier code were gone.";
        }

        DropProcess();
    }

    private void DropProcess()
    {
        if (_process is not { } process)
        {
            return;
        }

        _parts.Active.Remove(_active!);
        process.Child.SignalGroup(Libc.SigKill);
        process.Channel.Dispose();
        if (_isStopping)
        {
            Array.ForEach(_streams, stream => stream.Dispose());
        }
        else
        {
            // A server that the code has left in the background may write for days.
            var output = new RunOutput(_parts.Reader, [.. _streams.Select(stream => stream.ReadEnd)], [BoundedOutput.Head(0), BoundedOutput.Head(0)], RunObserver.None, null, _parts.Time);
            _parts.Reader.Add(output);
            output.LeaveBehind();
        }

        if (_isStopping)
        {
            _active!.Family.Kill();
        }

        _streams = [];
        _process = null;
        _active = null;
        _hasRun = false;
    }

    private void Complete(RunResult result)
    {
        var cell = _current!;
        if (_isAsking)
        {
            cell.Observer.OnInputWait(null);
        }

        EndCell();
        cell.Complete(result);
    }

    private void EndCell()
    {
        if (_active is { } active)
        {
            _parts.Active.Remove(active);
        }

        _isDone = _isAsking = _isSent = false;
        LastActivity = _parts.Time.GetUtcNow();
        _current = null;
    }

    private RunResult DescribeEnd(PythonProcess process)
    {
        var duration = _parts.Time.GetElapsedTime(_started);
        if (_wasInterrupted && !KernelFamily.TryKillSince(_active!.Family, process.Child.Id, duration))
        {
            _active.Family.Kill();
            _isLossTold = true;
            return DescribeLoss(process, null);
        }

        var usage = KernelUsage.Read(process.Child.Id);
        var (outcome, note, code) = _ending switch
        {
            Ending.TimeUp => (
                RunOutcome.TimedOut, $"{TimedOutAfter()}; the code was interrupted, and what it had started was killed. The kernel '{Name}' keeps its variables.", TimedOut),
            Ending.Killed => (RunOutcome.Killed, $"Interrupted on request, and what it had started was killed. The kernel '{Name}' keeps its variables.", Interrupted),
            _ => _code == 0 ? (RunOutcome.Completed, null, 0) : Explain(new ProcessExit(_code, 0)),
        };
        return Describe(outcome, code, note, isLost: false) with
        {
            CpuTime = TimeSpan.FromMicroseconds(_cpuMicroseconds),
            PeakMemoryBytes = usage.PeakMemoryBytes,
            BytesWritten = usage.WrittenBytes - _before.WrittenBytes,
        };
    }

    private RunResult DescribeLoss(PythonProcess process, ProcessExit? exit)
    {
        const string gone = "Its variables are lost; the next call gets a new one.";
        var memory = exit is { Code: not 0 } dead && Explain(dead) is { Outcome: RunOutcome.OutOfMemory, Explanation: var why } ? why : null;
        var (outcome, code, note) = _ending switch
        {
            Ending.TimeUp => (RunOutcome.TimedOut, TimedOut, $"{TimedOutAfter()}; the code or its children did not end when they were interrupted, so the kernel '{Name}' was killed with all its children. {gone}"),
            Ending.Killed => (RunOutcome.Killed, Interrupted, $"Killed on request; the code or its children did not end when they were interrupted, so the kernel '{Name}' was killed with all its children. {gone}"),
            _ when memory is not null => (RunOutcome.OutOfMemory, exit?.Code ?? 1, $"{memory} It was the Python kernel '{Name}'. {gone}"),
            _ when _isKilledForChannel => (RunOutcome.KernelLost, exit?.Code ?? 1, $"The code has closed or spoilt the connection of the Python kernel '{Name}', which was killed. {gone}"),
            _ => (RunOutcome.KernelLost, exit is { Code: > 0 and var other } ? other : 1, $"The Python kernel '{Name}' has ended: {(exit is { } known ? DescribeExit(known) : "it cannot be killed")}. {gone}"),
        };
        return Describe(outcome, code, note, isLost: true) with
        {
            ProcessId = process.Child.Id,
            Signal = exit is { Signal: > 0 and var signal } ? signal : null,
            PeakMemoryBytes = exit?.PeakResidentBytes,
        };
    }

    private (RunOutcome Outcome, string? Explanation, int ExitCode) Explain(ProcessExit exit)
    {
        var after = SandboxLimits.Read();
        return RunOutcomes.Describe(new RunEnding
        {
            Spec = new RunSpec { Program = PythonProgram.Executable, Environment = _lasting, WorkingDirectory = _parts.Directories.Default, Timeout = _time },
            Exit = exit,
            IsTimedOut = false,
            IsKilled = false,
            MemoryKill = _active!.MemoryKill,
            HadMemoryKill = after.MemoryKills is null ? null : after.MemoryKills > _countersBefore.MemoryKills,
            HadRefusedProcess = after.RefusedProcesses > _countersBefore.RefusedProcesses,
            MemoryLimit = _parts.Limits.MemoryLimit,
            MemoryPeak = SandboxLimits.MemoryPeak,
            ProcessLimit = _parts.Limits.ProcessLimit,
            Disks = [.. new[] { _current!.Request.Directory ?? _parts.Directories.Default, TemporaryFiles }.Select(DiskSpace.Of).OfType<DiskSpace>()],
            Stderr = _current.Stderr.ToText(),
        });
    }

    private RunResult Describe(RunOutcome outcome, int code, string? note, bool isLost)
    {
        var cell = _current!;
        var before = _untoldLoss;
        _untoldLoss = null;
        var stderr = cell.Stderr.ToText();
        return new RunResult
        {
            Outcome = outcome,
            ExitCode = code,
            Duration = _parts.Time.GetElapsedTime(_started),
            ProcessId = ProcessId,
            Stdout = cell.Stdout.ToText(),
            // Clients that know no other field see it all the same; an exit code alone they see themselves.
            Stderr = note is null || outcome is RunOutcome.Failed ? stderr : $"{stderr}{(stderr.Length == 0 || stderr.EndsWith('\n') ? "" : "\n")}{note}\n",
            StdoutOmittedBytes = cell.Stdout.OmittedBytes is > 0 and var cut ? cut : null,
            StderrOmittedBytes = cell.Stderr.OmittedBytes is > 0 and var alsoCut ? alsoCut : null,
            Explanation = note is null ? before : before is null ? note : $"{before} {note}",
            Rich = cell.Rich.ToContent(),
            Kernel = Name,
            StateLost = isLost || before is not null,
        };
    }

    private string TimedOutAfter()
    {
        var allowed = _current!.Request.Timeout;
        var waited = allowed - _time;
        return waited < LeastWaitToTell ? $"Timed out after {Seconds(allowed)}" : $"Timed out after {Seconds(allowed)}, {Seconds(waited)} of which it waited for its turn";
    }

    private RunResult NotStarted(int code, string why) => new()
    {
        Outcome = RunOutcome.CouldNotStart,
        ExitCode = code,
        Duration = _parts.Time.GetElapsedTime(_started),
        Stderr = why + "\n",
        Explanation = why,
        Kernel = Name,
    };

    private static string DescribeExit(ProcessExit exit)
    {
        var peak = exit.PeakResidentBytes is { } most ? string.Create(CultureInfo.InvariantCulture, $", after holding at most {most / BytesPerMib} MiB of memory") : "";
        return exit.Signal switch
        {
            0 => string.Create(CultureInfo.InvariantCulture, $"the process left with exit code {exit.Code}{peak}"),
            Libc.SigKill => $"signal 9 (SIGKILL), which the agent did not send, killed it{peak}",
            _ => string.Create(CultureInfo.InvariantCulture, $"signal {exit.Signal} ({SignalNames.Of(exit.Signal)}) ended it{peak}"),
        };
    }

    private static Libc.PollDescriptor Wanted(SafeFileHandle descriptor) => new() { Descriptor = descriptor.Number(), Events = Libc.PollIn };

    private static TimeSpan Sooner(TimeSpan one, TimeSpan other) =>
        one == Timeout.InfiniteTimeSpan ? (other < TimeSpan.Zero ? TimeSpan.Zero : other) : one < other ? one : other < TimeSpan.Zero ? TimeSpan.Zero : other;

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.###} s");

    [LoggerMessage(LogLevel.Error, "Following the Python kernel {Kernel} failed.")]
    private partial void LogFailed(Exception failure, string kernel);

    [LoggerMessage(LogLevel.Warning, "Process {ProcessId} of a Python kernel was killed and does not end.")]
    private partial void LogCannotDie(int processId);
}
