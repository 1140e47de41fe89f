using System.Globalization;
using Hopx.Client;

namespace Hopx.Agent;

/// <summary>Puts into words how code in a kernel has ended.</summary>
internal sealed class KernelReport(string kernel, KernelParts parts)
{
    private const int TimedOut = 124;
    private const int Interrupted = 130;
    private const string TemporaryFiles = "/tmp";
    private const long BytesPerMib = 1024 * 1024;
    private const string AllIsLost = "Its variables are lost; the next call gets a new one.";

    // Less is not waiting but the way through the queue.
    private static readonly TimeSpan LeastWaitToTell = TimeSpan.FromMilliseconds(100);

    private string? _untoldLoss;

    /// <summary>Remembers for the next answer that the process has ended while nothing ran.</summary>
    public void NoteLoss(ProcessExit exit) =>
        _untoldLoss = $"The Python kernel '{kernel}' had ended before: {DescribeExit(exit)}. The variables of earlier code were gone.";

    /// <summary>The sandbox ends, and the code with it.</summary>
    public RunResult SandboxEnded() =>
        new() { Outcome = RunOutcome.Killed, ExitCode = Interrupted, Duration = TimeSpan.Zero, Explanation = "The sandbox ended.", Kernel = kernel };

    /// <summary>Its turn never came.</summary>
    public RunResult NeverRun(KernelCell cell)
    {
        var text = cell.IsKillWanted
            ? "Given up before its turn came; nothing was run."
            : $"Waited {Seconds(cell.Request.Timeout)} for the Python kernel '{kernel}', which is busy with other code; nothing was run. Ask for a clean interpreter, name another kernel, or allow more time.";
        return new RunResult
        {
            Outcome = cell.IsKillWanted ? RunOutcome.Killed : RunOutcome.TimedOut,
            ExitCode = cell.IsKillWanted ? Interrupted : TimedOut,
            Duration = parts.Time.GetElapsedTime(cell.Enqueued),
            Stderr = text + "\n",
            Explanation = text,
            Kernel = kernel,
        };
    }

    public RunResult NotStarted(KernelTurn turn, KernelStartFailure failure) => new()
    {
        Outcome = RunOutcome.CouldNotStart,
        ExitCode = failure.ExitCode,
        Duration = parts.Time.GetElapsedTime(turn.Started),
        Stderr = failure.Explanation + "\n",
        Explanation = failure.Explanation,
        Kernel = kernel,
    };

    /// <summary>The code has ended; the process goes on with its variables.</summary>
    public RunResult Ended(KernelTurn turn, KernelProcess process)
    {
        var usage = KernelUsage.Read(process.Child.Id);
        var (outcome, note, code) = turn.Ending switch
        {
            KernelEnding.TimeUp => (
                RunOutcome.TimedOut, $"{TimedOutAfter(turn)}; the code was interrupted, and what it had started was killed. The kernel '{kernel}' keeps its variables.", TimedOut),
            KernelEnding.Killed => (RunOutcome.Killed, $"Interrupted on request, and what it had started was killed. The kernel '{kernel}' keeps its variables.", Interrupted),
            _ => turn.ExitCode == 0 ? (RunOutcome.Completed, null, 0) : Explain(turn, process, new ProcessExit(turn.ExitCode, 0)),
        };
        return Describe(turn, process, outcome, code, note, isLost: false) with
        {
            CpuTime = TimeSpan.FromMicroseconds(turn.CpuMicroseconds),
            PeakMemoryBytes = usage.PeakMemoryBytes,
            BytesWritten = usage.WrittenBytes - turn.Before.WrittenBytes,
        };
    }

    /// <summary>The process is gone, or of no use any more.</summary>
    /// <param name="turn">What ran in it.</param>
    /// <param name="process">What is gone.</param>
    /// <param name="exit">How it ended; null when it does not.</param>
    public RunResult Lost(KernelTurn turn, KernelProcess process, ProcessExit? exit)
    {
        var memory = exit is { Code: not 0 } dead && Explain(turn, process, dead) is { Outcome: RunOutcome.OutOfMemory, Explanation: var why } ? why : null;
        var (outcome, code, note) = turn.Ending switch
        {
            KernelEnding.TimeUp => (RunOutcome.TimedOut, TimedOut, $"{TimedOutAfter(turn)}; the code or its children did not end when they were interrupted, so the kernel '{kernel}' was killed with all its children. {AllIsLost}"),
            KernelEnding.Killed => (RunOutcome.Killed, Interrupted, $"Killed on request; the code or its children did not end when they were interrupted, so the kernel '{kernel}' was killed with all its children. {AllIsLost}"),
            _ when memory is not null => (RunOutcome.OutOfMemory, exit?.Code ?? 1, $"{memory} It was the Python kernel '{kernel}'. {AllIsLost}"),
            _ when process.IsKilledForChannel => (RunOutcome.KernelLost, exit?.Code ?? 1, $"The code has closed or spoilt the connection of the Python kernel '{kernel}', which was killed. {AllIsLost}"),
            _ => (RunOutcome.KernelLost, exit is { Code: > 0 and var other } ? other : 1, $"The Python kernel '{kernel}' has ended: {(exit is { } known ? DescribeExit(known) : "it cannot be killed")}. {AllIsLost}"),
        };
        return Describe(turn, process, outcome, code, note, isLost: true) with
        {
            Signal = exit is { Signal: > 0 and var signal } ? signal : null,
            PeakMemoryBytes = exit?.PeakResidentBytes,
        };
    }

    private (RunOutcome Outcome, string? Explanation, int ExitCode) Explain(KernelTurn turn, KernelProcess process, ProcessExit exit)
    {
        var after = SandboxLimits.Read();
        return RunOutcomes.Describe(new RunEnding
        {
            Spec = new RunSpec { Program = PythonProgram.Executable, Environment = process.Lasting, WorkingDirectory = parts.Directories.Default, Timeout = turn.Time },
            Exit = exit,
            IsTimedOut = false,
            IsKilled = false,
            MemoryKill = process.Active.MemoryKill,
            HadMemoryKill = after.MemoryKills is null ? null : after.MemoryKills > turn.CountersBefore.MemoryKills,
            HadRefusedProcess = after.RefusedProcesses > turn.CountersBefore.RefusedProcesses,
            MemoryLimit = parts.Limits.MemoryLimit,
            MemoryPeak = SandboxLimits.MemoryPeak,
            ProcessLimit = parts.Limits.ProcessLimit,
            Disks = [.. new[] { turn.Cell.Request.Directory ?? parts.Directories.Default, TemporaryFiles }.Select(DiskSpace.Of).OfType<DiskSpace>()],
            Stderr = turn.Cell.Stderr.ToText(),
        });
    }

    private RunResult Describe(KernelTurn turn, KernelProcess process, RunOutcome outcome, int code, string? note, bool isLost)
    {
        var cell = turn.Cell;
        var before = _untoldLoss;
        _untoldLoss = null;
        var stderr = cell.Stderr.ToText();
        return new RunResult
        {
            Outcome = outcome,
            ExitCode = code,
            Duration = parts.Time.GetElapsedTime(turn.Started),
            ProcessId = process.Child.Id,
            Stdout = cell.Stdout.ToText(),
            // Clients that know no other field see it all the same; an exit code alone they see themselves.
            Stderr = note is null || outcome is RunOutcome.Failed ? stderr : $"{stderr}{(stderr.Length == 0 || stderr.EndsWith('\n') ? "" : "\n")}{note}\n",
            StdoutOmittedBytes = cell.Stdout.OmittedBytes is > 0 and var cut ? cut : null,
            StderrOmittedBytes = cell.Stderr.OmittedBytes is > 0 and var alsoCut ? alsoCut : null,
            Explanation = note is null ? before : before is null ? note : $"{before} {note}",
            Rich = cell.Rich.ToContent(),
            Kernel = kernel,
            StateLost = isLost || before is not null,
        };
    }

    private static string TimedOutAfter(KernelTurn turn)
    {
        var allowed = turn.Cell.Request.Timeout;
        var waited = allowed - turn.Time;
        return waited < LeastWaitToTell ? $"Timed out after {Seconds(allowed)}" : $"Timed out after {Seconds(allowed)}, {Seconds(waited)} of which it waited for its turn";
    }

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

    private static string Seconds(TimeSpan time) => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.###} s");
}
