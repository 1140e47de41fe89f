using Hopx.Client;
using Microsoft.Extensions.Options;
using Microsoft.Win32.SafeHandles;

namespace Hopx.Agent;

/// <summary>Runs a program to its end: output bounded, time bounded, nothing of it left behind when its time is up.</summary>
internal sealed partial class ProcessRunner(
    ProcessLauncher launcher,
    SpareProcesses spares,
    RunSlots slots,
    ActiveRuns active,
    OutputMemory memory,
    OutputReader reader,
    InputWaitProbe inputWaits,
    SandboxLimits limits,
    IOptions<ProcessOptions> options,
    TimeProvider time,
    ILogger<ProcessRunner> logger)
{
    private const int NotFound = 127;
    private const int CannotStart = 126;
    private const string TemporaryFiles = "/tmp";

    // A killed process in uninterruptible sleep may stay; the caller gets an answer all the same.
    private static readonly TimeSpan DeathGrace = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan DeathCheck = TimeSpan.FromMilliseconds(2);

    /// <summary>Starts a run, which goes on without its caller; now, or when its turn comes. A program that cannot be started is a run that has ended.</summary>
    public IRun Start(RunSpec spec, RunObserver observer)
    {
        if (ExecutableSearch.Find(spec.Program, spec.Environment, spec.WorkingDirectory) is not { } executable)
        {
            return ProcessRun.NotStarted(NotStarted(NotFound, spec.MissingAdvice ?? $"{spec.Program}: command not found", time.GetTimestamp()));
        }

        return slots.TryTake() is { } slot
            ? Begin(spec, observer, executable, slot)
            : new QueuedRun(left => slots.TakeAsync(spec.Timeout, spec.HeldBytes, left), turn => Begin(spec, observer, executable, turn));
    }

    private ProcessRun Begin(RunSpec spec, RunObserver observer, string executable, RunSlots.Slot slot)
    {
        var started = time.GetTimestamp();
        var before = SandboxLimits.Read();
        var stdout = BoundedOutput.HeadAndTail(options.Value.OutputLimitBytes, memory);
        var stderr = BoundedOutput.HeadAndTail(options.Value.OutputLimitBytes, memory);
        var watch = spec.Feed is null && spec.Stdin is null && observer.TakesInput ? new InputWaitWatch(inputWaits, observer.OnInputWait, time, logger) : null;
        RunOutput? output = null;
        // Read from before the start on: the order of what was there already would be lost.
        void Take(IReadOnlyList<SafeFileHandle> pipes) =>
            reader.Add(output = new RunOutput(reader, pipes, spec.SideChannel is { } side ? [stdout, stderr, side] : [stdout, stderr], observer, watch, time) { IsTerminal = spec.UsesTerminal });

        LaunchedProcess process;
        try
        {
            if (spec.UsesTerminal)
            {
                process = launcher.LaunchOnTerminal(spec, executable, Take);
            }
            else if (spares.TryTake(spec, executable) is { } spare)
            {
                Take((process = spare).Outputs);
            }
            else
            {
                process = launcher.Launch(spec, executable, takesInput: spec.Feed is not null || watch is not null, Take);
            }
        }
        catch (Exception failure)
        {
            slot.Dispose();
            watch?.Dispose();
            output?.LeaveBehind();
            stdout.Release();
            stderr.Release();
            if (failure is not NativeException native)
            {
                throw;
            }

            return ProcessRun.NotStarted(NotStarted(native.Error == Errno.NotFound ? NotFound : CannotStart, Explain(native, spec, executable), started, native.Error));
        }

        var current = new ActiveRun(process.Child, process.Mark);
        active.Add(current);
        var run = new ProcessRun(process, current, watch);
        watch?.Begin(process.Child.Id, process.InputSource);
        if (spec.Feed is { } feed)
        {
            _ = run.FeedAsync(feed);
        }

        run.Completion = CompleteAsync(new Going(spec, executable, process, current, run, output!, slot, started, before, stdout, stderr));
        return run;
    }

    private async Task<RunResult> CompleteAsync(Going going)
    {
        try
        {
            var (exit, isTimedOut) = await WaitForEndAsync(going.Process.Child, going.Active, going.Spec.Timeout).ConfigureAwait(false);
            await WaitForDeathAsync(going.Active.Family).ConfigureAwait(false);
            var duration = time.GetElapsedTime(going.Started);
            await going.Output.EndAsync(options.Value.OutputGrace, options.Value.FollowerPatience).ConfigureAwait(false);
            return Describe(going, exit, isTimedOut, duration);
        }
        finally
        {
            active.Remove(going.Active);
            going.Run.Dispose();
            going.Slot.Dispose();
            going.Output.LeaveBehind();
            going.Stdout.Release();
            going.Stderr.Release();
            spares.NoteUse(going.Spec, going.Executable);
        }
    }

    private async Task<(ProcessExit? Exit, bool TimedOut)> WaitForEndAsync(ChildProcess child, ActiveRun run, TimeSpan timeout)
    {
        try
        {
            return (await child.Exited.WaitAsync(timeout, time).ConfigureAwait(false), false);
        }
        catch (TimeoutException)
        {
            run.Family.Kill();
        }

        try
        {
            return (await child.Exited.WaitAsync(DeathGrace, time, CancellationToken.None).ConfigureAwait(false), true);
        }
        catch (TimeoutException)
        {
            LogCannotDie(child.Id);
            return (null, true);
        }
    }

    // Who was killed is gone before the answer says so.
    private async Task WaitForDeathAsync(ProcessFamily family)
    {
        var started = time.GetTimestamp();
        while (family.HasDying && time.GetElapsedTime(started) < DeathGrace)
        {
            await Task.Delay(DeathCheck, time).ConfigureAwait(false);
        }
    }

    private RunResult Describe(Going going, ProcessExit? exit, bool isTimedOut, TimeSpan duration)
    {
        var stderr = going.Stderr.ToText();
        // Only a run that did not do what it should is looked into.
        var isFailed = exit is not { Code: 0 } || isTimedOut;
        var after = isFailed ? SandboxLimits.Read() : going.Before;
        var (outcome, explanation, exitCode) = RunOutcomes.Describe(new RunEnding
        {
            Spec = going.Spec,
            Exit = exit,
            IsTimedOut = isTimedOut,
            IsKilled = going.Run.IsKilled,
            MemoryKill = going.Active.MemoryKill,
            HadMemoryKill = after.MemoryKills is null ? null : after.MemoryKills > going.Before.MemoryKills,
            HadRefusedProcess = after.RefusedProcesses > going.Before.RefusedProcesses,
            MemoryLimit = isFailed ? limits.MemoryLimit : null,
            MemoryPeak = isFailed ? SandboxLimits.MemoryPeak : null,
            ProcessLimit = isFailed ? limits.ProcessLimit : null,
            Disks = isFailed ? [.. new[] { going.Spec.WorkingDirectory, TemporaryFiles }.Select(DiskSpace.Of).OfType<DiskSpace>()] : [],
            Stderr = stderr,
        });
        var cut = Cut(going.Stdout.OmittedBytes, going.Stderr.OmittedBytes);
        return new RunResult
        {
            Outcome = outcome,
            ExitCode = exitCode,
            Duration = duration,
            ProcessId = going.Process.Child.Id,
            Signal = exit is { Signal: > 0 and var signal } ? signal : null,
            Explanation = explanation is null ? cut : cut is null ? explanation : $"{explanation} {cut}",
            Stdout = going.Stdout.ToText(),
            // Clients that know no other field see it all the same; an exit code alone they see themselves.
            Stderr = outcome is RunOutcome.Completed or RunOutcome.Failed ? AppendNotes(stderr, going.Active.MemoryKill) : AppendNotes(stderr, going.Active.MemoryKill == explanation ? null : going.Active.MemoryKill, explanation),
            StdoutOmittedBytes = going.Stdout.OmittedBytes is > 0 and var omitted ? omitted : null,
            StderrOmittedBytes = going.Stderr.OmittedBytes is > 0 and var alsoOmitted ? alsoOmitted : null,
            CpuTime = exit?.CpuTime - going.Process.EarlierCpuTime,
            PeakMemoryBytes = exit?.PeakResidentBytes,
            BytesWritten = exit?.BytesWritten,
        };
    }

    private static string? Cut(long stdout, long stderr) => (stdout, stderr) switch
    {
        ( > 0, > 0) => $"{stdout} bytes of stdout and {stderr} bytes of stderr were cut out of the middle.",
        ( > 0, _) => $"{stdout} bytes of stdout were cut out of the middle.",
        (_, > 0) => $"{stderr} bytes of stderr were cut out of the middle.",
        _ => null,
    };

    private static string AppendNotes(string text, params ReadOnlySpan<string?> notes)
    {
        foreach (var note in notes)
        {
            if (note is not null)
            {
                text = $"{text}{(text.Length == 0 || text.EndsWith('\n') ? "" : "\n")}{note}\n";
            }
        }

        return text;
    }

    private RunResult NotStarted(int exitCode, string why, long started, int error = 0) => new()
    {
        Outcome = error is Errno.TryAgain ? RunOutcome.TooManyProcesses : RunOutcome.CouldNotStart,
        ExitCode = exitCode,
        Duration = time.GetElapsedTime(started),
        Stderr = why + "\n",
        Explanation = why,
    };

    private static string Explain(NativeException failure, RunSpec spec, string executable) => failure.Error switch
    {
        Errno.NotFound => $"{spec.Program}: {executable} cannot be run: it, or the interpreter that it names, does not exist.",
        Errno.AccessDenied => $"{spec.Program}: {executable} is not executable (permission denied). Make it so with chmod +x, or run it by its interpreter.",
        Errno.TryAgain or Errno.NoMemory =>
            $"{spec.Program}: no process could be made: the sandbox's limit of processes or memory is reached. End some processes, then try again.",
        Errno.ArgumentsTooLong => throw new HopxException(
            HopxErrorCode.InvalidRequest,
            "The arguments and environment are longer than Linux passes to a process (128 KiB for one, about 2 MiB for all). Write long data to a file and name it."),
        _ => $"{spec.Program}: {failure.Message}",
    };

    [LoggerMessage(LogLevel.Warning, "Process {ProcessId} was killed and does not end.")]
    private partial void LogCannotDie(int processId);

    private sealed record Going(
        RunSpec Spec,
        string Executable,
        LaunchedProcess Process,
        ActiveRun Active,
        ProcessRun Run,
        RunOutput Output,
        RunSlots.Slot Slot,
        long Started,
        SandboxLimits.Counters Before,
        BoundedOutput Stdout,
        BoundedOutput Stderr);
}
