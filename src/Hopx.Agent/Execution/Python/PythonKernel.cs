using System.Globalization;
using System.Runtime.InteropServices;
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
    private const int MaxDrainRounds = 256;

    private static readonly TimeSpan InterruptInterval = TimeSpan.FromMilliseconds(250);
    private static readonly TimeSpan EndDelay = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LeastTime = TimeSpan.FromMilliseconds(100);

    // A killed process in uninterruptible sleep may stay; the caller gets an answer all the same.
    private static readonly TimeSpan DeathGrace = TimeSpan.FromSeconds(5);

    private readonly KernelParts _parts;
    private readonly KernelReport _report;
    private readonly ILogger _logger;
    private readonly WakeUp _wake = new();
    private readonly Lock _gate = new();
    private readonly LinkedList<KernelCell> _waiting = [];
    private Thread? _thread;
    private bool _isStopping;
    private bool _isPreparing;

    // Of the thread alone, though others may look at them.
    private volatile KernelTurn? _turn;
    private volatile KernelProcess? _process;

    public PythonKernel(string name, KernelParts parts)
    {
        Name = name;
        _parts = parts;
        _report = new KernelReport(name, parts);
        _logger = parts.Logger;
        LastActivity = parts.Time.GetUtcNow();
    }

    public string Name { get; }

    public DateTimeOffset LastActivity { get; private set; }

    public int? ProcessId => _process?.Child.Id;

    /// <summary>Whether there is a process, be it one that has run nothing yet.</summary>
    public bool IsThere => _process is not null || IsBusy;

    /// <summary>Whether there is a process with variables in it, or one on its way.</summary>
    public bool IsInUse => _process is { HasRun: true } || IsBusy;

    public bool IsBusy
    {
        get
        {
            lock (_gate)
            {
                return _turn is not null || _waiting.Count > 0;
            }
        }
    }

    /// <summary>Whether output that is there still belongs to code that has ended.</summary>
    private bool IsEnding => _turn is { IsDone: true } || _process is { HasEnded: true };

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
        if (_turn?.Cell != cell || _process is not { HasEnded: false } process)
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
                _turn?.Cell.Fail(failure);
                EndTurn();
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
        if (_process is { } process)
        {
            ReadOutput(process);
            ReadMessages(process);
            if (process.HasEnded && process.IsDrained)
            {
                Bury(process);
            }
            else if (_turn is { IsDone: true } done && process.IsDrained)
            {
                Complete(done, Finish(done, process));
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
        foreach (var cell in _turn is { } turn ? _waiting.Prepend(turn.Cell) : _waiting)
        {
            cell.Complete(_report.SandboxEnded());
        }

        _waiting.Clear();
    }

    private void BeginNext()
    {
        if (_turn is not null)
        {
            return;
        }

        if (TakeNext(out var isPreparing) is not { } turn)
        {
            if (isPreparing && _process is null)
            {
                // Where it cannot be started now, the first code tells why.
                _ = StartProcess();
            }

            return;
        }

        if (_process is { HasEnded: true } dead)
        {
            // It died while nothing ran, and nobody has looked since.
            Bury(dead);
        }

        if (_process is { HasRun: false } unused && unused.Identity != KernelProcess.FindIdentity(_parts))
        {
            // It was made ready for an environment that has changed since, such as by the variables of a caller who came later.
            DropProcess();
        }

        if (_process is null && StartProcess() is { } failure)
        {
            Complete(turn, _report.NotStarted(turn, failure));
            return;
        }

        Send(turn, _process!);
    }

    private KernelTurn? TakeNext(out bool isPreparing)
    {
        lock (_gate)
        {
            isPreparing = _isPreparing;
            _isPreparing = false;
            if (_waiting.First?.Value is not { } next)
            {
                return null;
            }

            _waiting.RemoveFirst();
            var left = next.Request.Timeout - _parts.Time.GetElapsedTime(next.Enqueued);
            return _turn = new KernelTurn(next, _parts.Time.GetTimestamp(), left > LeastTime ? left : LeastTime);
        }
    }

    private KernelStartFailure? StartProcess()
    {
        (var process, var failure) = KernelProcess.Start(_parts);
        _process = process;
        _ = process?.Child.Exited.ContinueWith(_ => Wake(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        return failure;
    }

    private void Send(KernelTurn turn, KernelProcess process)
    {
        turn.Before = KernelUsage.Read(process.Child.Id);
        turn.CountersBefore = SandboxLimits.Read();
        _parts.Active.Add(process.Active);
        turn.IsSent = true;
        process.Send(turn.Cell, _parts.Environment.GetAll(), Wake);
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
            cell.Complete(_report.NeverRun(cell));
        }

        return soonest;
    }

    private unsafe void Poll(TimeSpan patience)
    {
        lock (_gate)
        {
            if (_turn is null && _waiting.Count > 0)
            {
                return;
            }
        }

        var entries = stackalloc Libc.PollDescriptor[4];
        nuint count = 0;
        entries[count++] = Wanted(_wake.Descriptor);
        if (_process is { } process)
        {
            patience = Sooner(patience, PatienceWith(process));
            if (process.IsChannelOpen)
            {
                entries[count++] = Wanted(process.Channel.Socket);
            }

            foreach (var stream in process.Streams)
            {
                if (!stream.IsClosed && !stream.IsBusy)
                {
                    entries[count++] = Wanted(stream.ReadEnd);
                }
            }
        }

        var milliseconds = patience < TimeSpan.Zero ? (patience == Timeout.InfiniteTimeSpan ? -1 : 0) : (int)Math.Min(Math.Ceiling(patience.TotalMilliseconds), int.MaxValue);
        if (Libc.Poll(entries, count, milliseconds) < 0 && Marshal.GetLastPInvokeError() != Errno.Interrupted)
        {
            throw new NativeException("wait for a kernel", Marshal.GetLastPInvokeError());
        }

        _wake.Reset();
    }

    /// <summary>How long until something has to be done although nothing has come from the process.</summary>
    private TimeSpan PatienceWith(KernelProcess process)
    {
        var patience = !process.IsChannelOpen && !process.IsKilledForChannel ? EndDelay : Timeout.InfiniteTimeSpan;
        return _turn is { IsDone: false } turn
            ? Sooner(patience, turn.InterruptedAt is null ? turn.Time - _parts.Time.GetElapsedTime(turn.Started) : InterruptInterval)
            : patience;
    }

    private void ReadOutput(KernelProcess process)
    {
        foreach (var stream in process.Streams)
        {
            // What is read after the end belongs to the next; so not further than the end before this one is answered.
            while (!stream.IsClosed && !stream.IsBusy && !(IsEnding && stream.IsAtEnd) && stream.Read(_turn?.Cell, Wake))
            {
                if (!IsEnding)
                {
                    break;
                }
            }
        }
    }

    private void ReadMessages(KernelProcess process)
    {
        if (!process.IsChannelOpen || _turn is { IsDone: true })
        {
            return;
        }

        TakeMessages(process);
        process.Channel.Trim();
        if (_turn is { IsAsking: true } turn)
        {
            Answer(process, turn);
        }
    }

    private void TakeMessages(KernelProcess process)
    {
        if (process.Channel.WaitForInput(TimeSpan.Zero) && !process.Channel.Fill())
        {
            process.CloseChannel();
        }

        while (_turn is not { IsDone: true } && process.Channel.TryTake(out var kind, out var fields))
        {
            Take(process, kind, fields);
        }
    }

    private void Take(KernelProcess process, byte kind, PythonFields fields)
    {
        if (_turn is not { } turn || turn.Cell.Rich.Take(kind, fields))
        {
            // A picture that a thread shows while nothing runs has nobody to go to.
            return;
        }

        switch (kind)
        {
            case (byte)'?':
                turn.IsAsking = true;
                var prompt = fields.NextText() ?? "";
                if (!turn.Cell.CanReadLine())
                {
                    turn.Cell.Observer.OnInputWait(new InputWait { Prompt = prompt, Source = "stdin", Pid = process.Child.Id, ProcessName = PythonProgram.Executable });
                }

                break;
            case (byte)'!':
                turn.IsDone = true;
                turn.ExitCode = int.TryParse(fields.NextText(), NumberStyles.None, CultureInfo.InvariantCulture, out var code) ? code : 1;
                turn.CpuMicroseconds = long.TryParse(fields.NextText(), NumberStyles.None, CultureInfo.InvariantCulture, out var microseconds) ? microseconds : 0;
                process.MarkEnds();
                break;
            default:
                // Not one of ours: the code has written to the channel itself, and nothing that comes by it is certain any more.
                process.CloseChannel();
                break;
        }
    }

    private static void Answer(KernelProcess process, KernelTurn turn)
    {
        if (!turn.Cell.TryReadLine(out var line))
        {
            return;
        }

        turn.IsAsking = false;
        turn.Cell.Observer.OnInputWait(null);
        if (!(line is null ? process.Channel.TrySend('E') : process.Channel.TrySend('I', line)))
        {
            process.CloseChannel();
        }
    }

    /// <summary>Interrupts code whose time is up or whose caller has left, and kills the kernel when that is of no use.</summary>
    private void Hurry(KernelProcess process)
    {
        if (_turn is not { IsDone: false } turn)
        {
            return;
        }

        if (turn.InterruptedAt is not { } interruptedAt)
        {
            turn.Ending = turn.Cell.IsKillWanted ? KernelEnding.Killed : _parts.Time.GetElapsedTime(turn.Started) >= turn.Time ? KernelEnding.TimeUp : KernelEnding.ByItself;
            if (turn.Ending is not KernelEnding.ByItself)
            {
                turn.InterruptedAt = _parts.Time.GetTimestamp();
                Interrupt(turn, process);
            }
        }
        else if (!turn.IsKilled && _parts.Time.GetElapsedTime(interruptedAt) >= _parts.Execution.Value.InterruptGrace)
        {
            turn.IsKilled = true;
            process.Active.Family.Kill();
        }
        else if (!turn.IsKilled && _parts.Time.GetElapsedTime(turn.LastInterrupt) >= InterruptInterval)
        {
            // Code may catch one, or be where it does no harm.
            Interrupt(turn, process);
        }
        else if (turn.IsKilled && _parts.Time.GetElapsedTime(interruptedAt) >= _parts.Execution.Value.InterruptGrace + DeathGrace)
        {
            LogCannotDie(process.Child.Id);
            Complete(turn, _report.Lost(turn, process, null));
            DropProcess();
        }
    }

    private void Interrupt(KernelTurn turn, KernelProcess process)
    {
        turn.LastInterrupt = _parts.Time.GetTimestamp();
        process.Child.Signal(Libc.SigInterrupt);
    }

    private static void KillWhenUnreachable(KernelProcess process)
    {
        // A process that ends closes its channel too, a moment before its end is known. One that lives on without it is of no use.
        if (!process.IsChannelOpen && !process.IsKilledForChannel && !process.HasEnded && process.SilentFor >= EndDelay)
        {
            process.IsKilledForChannel = true;
            process.Active.Family.Kill();
        }
    }

    /// <summary>The answer to code that is done, and the end of what it has started where it had to be interrupted.</summary>
    private RunResult Finish(KernelTurn turn, KernelProcess process)
    {
        if (turn.InterruptedAt is null || KernelFamily.TryKillSince(process.Active.Family, process.Child.Id, _parts.Time.GetElapsedTime(turn.Started)))
        {
            return _report.Ended(turn, process);
        }

        process.Active.Family.Kill();
        process.IsLossTold = true;
        return _report.Lost(turn, process, null);
    }

    private void Bury(KernelProcess process)
    {
        // What it said last.
        for (var round = 0; round < MaxDrainRounds && process.IsChannelOpen && _turn is not { IsDone: true } && process.Channel.WaitForInput(TimeSpan.Zero); round++)
        {
            TakeMessages(process);
        }

        var exit = process.Child.Exited.Result;
        if (_turn is { IsSent: true } turn)
        {
            foreach (var stream in process.Streams)
            {
                for (var round = 0; round < MaxDrainRounds && !stream.IsBusy && stream.Read(turn.Cell, Wake); round++)
                {
                }
            }

            Complete(turn, _report.Lost(turn, process, exit));
        }
        else if (process is { HasRun: true, IsLossTold: false })
        {
            _report.NoteLoss(exit);
        }

        DropProcess();
    }

    private void DropProcess()
    {
        if (_process is not { } process)
        {
            return;
        }

        _parts.Active.Remove(process.Active);
        if (_isStopping)
        {
            process.Kill();
        }
        else
        {
            process.Abandon(_parts.Reader);
        }

        _process = null;
    }

    private void Complete(KernelTurn turn, RunResult result)
    {
        if (turn.IsAsking)
        {
            turn.Cell.Observer.OnInputWait(null);
        }

        EndTurn();
        turn.Cell.Complete(result);
    }

    private void EndTurn()
    {
        if (_process is { } process)
        {
            _parts.Active.Remove(process.Active);
        }

        LastActivity = _parts.Time.GetUtcNow();
        _turn = null;
    }

    private static Libc.PollDescriptor Wanted(SafeFileHandle descriptor) => new() { Descriptor = descriptor.Number(), Events = Libc.PollIn };

    private static TimeSpan Sooner(TimeSpan one, TimeSpan other)
    {
        var sooner = one == Timeout.InfiniteTimeSpan ? other : other == Timeout.InfiniteTimeSpan || one < other ? one : other;
        return sooner < TimeSpan.Zero && sooner != Timeout.InfiniteTimeSpan ? TimeSpan.Zero : sooner;
    }

    [LoggerMessage(LogLevel.Error, "Following the Python kernel {Kernel} failed.")]
    private partial void LogFailed(Exception failure, string kernel);

    [LoggerMessage(LogLevel.Warning, "Process {ProcessId} of a Python kernel was killed and does not end.")]
    private partial void LogCannotDie(int processId);
}
