using System.Security.Cryptography;
using Hopx.Client;
using Microsoft.Extensions.Options;
using Microsoft.Win32.SafeHandles;

namespace Hopx.Agent;

/// <summary>Runs a program to its end: output bounded, time bounded, nothing of it left behind when its time is up.</summary>
internal sealed partial class ProcessRunner(
    ChildReaper reaper, ChildRestraint restraint, RunSlots slots, ActiveRuns active, DetachedPumps detached, IOptions<ProcessOptions> options, TimeProvider time, ILogger<ProcessRunner> logger)
{
    private const int NotFound = 127;
    private const int CannotStart = 126;
    private const int TimedOut = 124;

    // A killed process in uninterruptible sleep may stay; the caller gets an answer all the same.
    private static readonly TimeSpan DeathGrace = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan QuietTime = TimeSpan.FromMilliseconds(50);

    /// <summary>Starts a run, which goes on without its caller. A program that cannot be started is a run that has ended.</summary>
    public IRun Start(RunSpec spec, RunObserver observer)
    {
        var slot = slots.Take();
        var pumps = new List<OutputPump>();
        try
        {
            var started = time.GetTimestamp();
            var executable = ExecutableSearch.Find(spec.Program, spec.Environment, spec.WorkingDirectory);
            if (executable is null)
            {
                slot.Dispose();
                return ProcessRun.NotStarted(NotStarted(NotFound, spec.MissingAdvice ?? $"{spec.Program}: command not found", started));
            }

            var stdout = new FollowedOutput(BoundedOutput.HeadAndTail(options.Value.OutputLimitBytes), bytes => observer.OnOutputAsync(OutputKind.Stdout, bytes));
            var stderr = new FollowedOutput(BoundedOutput.HeadAndTail(options.Value.OutputLimitBytes), bytes => observer.OnOutputAsync(OutputKind.Stderr, bytes));
            FollowedOutput[] outputs = spec.SideChannel is { } side ? [stdout, stderr, new FollowedOutput(side, null)] : [stdout, stderr];
            var mark = RandomNumberGenerator.GetHexString(16, lowercase: true);
            SafeFileHandle? typed = null;
            SafeFileHandle? input = null;
            ChildProcess child;
            try
            {
                if (spec.Stdin is null && observer.TakesInput)
                {
                    (typed, input) = Descriptor.CreatePipe();
                }

                child = Start(spec with { Stdin = spec.Stdin ?? typed }, executable, mark, outputs, pumps);
            }
            catch (Exception failure)
            {
                input?.Dispose();
                if (failure is not NativeException native)
                {
                    throw;
                }

                slot.Dispose();
                pumps.ForEach(detached.Add);
                return ProcessRun.NotStarted(NotStarted(native.Error == Errno.NotFound ? NotFound : CannotStart, Explain(native, spec, executable), started));
            }
            finally
            {
                typed?.Dispose();
            }

            var active = new ActiveRun(child, mark);
            var run = new ProcessRun(child, active, input);
            run.Completion = CompleteAsync(spec, child, active, run, pumps, slot, started, stdout.Output, stderr.Output);
            return run;
        }
        catch
        {
            slot.Dispose();
            pumps.ForEach(detached.Add);
            throw;
        }
    }

    private async Task<RunResult> CompleteAsync(
        RunSpec spec, ChildProcess child, ActiveRun current, ProcessRun run, List<OutputPump> pumps, RunSlots.Slot slot, long started, BoundedOutput stdout, BoundedOutput stderr)
    {
        active.Add(current);
        try
        {
            var (exit, timedOut) = await WaitForEndAsync(child, current, spec.Timeout).ConfigureAwait(false);
            await WaitForOutputAsync(pumps).ConfigureAwait(false);
            return Describe(spec, child, exit, timedOut, run.IsKilled, current.MemoryKill, time.GetElapsedTime(started), stdout, stderr);
        }
        finally
        {
            active.Remove(current);
            run.Dispose();
            slot.Dispose();
            pumps.ForEach(detached.Add);
        }
    }

    private ChildProcess Start(RunSpec spec, string executable, string mark, FollowedOutput[] outputs, List<OutputPump> pumps)
    {
        var writeEnds = new List<SafeFileHandle>();
        try
        {
            foreach (var output in outputs)
            {
                var (read, write) = Descriptor.CreatePipe();
                writeEnds.Add(write);
                pumps.Add(new OutputPump(read, output, time));
            }

            var process = new ProcessSpec
            {
                Executable = executable,
                Arguments = [spec.Program, .. spec.Arguments],
                Environment = new Dictionary<string, string>(spec.Environment) { [ProcessFamily.MarkVariable] = mark },
                WorkingDirectory = spec.WorkingDirectory,
                Stdin = spec.Stdin,
                Stdout = writeEnds[0],
                Stderr = writeEnds[1],
                ExtraDescriptors = [.. spec.Inputs, .. writeEnds[2..]],
            };
            try
            {
                return restraint.Start(reaper, process);
            }
            catch (NativeException failure) when (failure.Error == Errno.NotAnExecutable)
            {
                // A script without #! is run by the shell, as execvp does.
                return restraint.Start(reaper, process with { Executable = "/bin/sh", Arguments = ["sh", executable, .. spec.Arguments] });
            }
        }
        finally
        {
            writeEnds.ForEach(end => end.Dispose());
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

    // Usually all writers are gone with the process; a server in the background may hold the pipes for days.
    private async Task WaitForOutputAsync(List<OutputPump> pumps)
    {
        var all = Task.WhenAll(pumps.Select(pump => pump.Completion));
        var started = time.GetTimestamp();
        do
        {
            try
            {
                await all.WaitAsync(QuietTime, time).ConfigureAwait(false);
                return;
            }
            catch (TimeoutException)
            {
                // Looked at again below.
            }
        }
        while (time.GetElapsedTime(started) < options.Value.OutputGrace
            || (pumps.Exists(pump => pump.SinceLastRead < QuietTime) && time.GetElapsedTime(started) < 2 * options.Value.OutputGrace));
    }

    private static RunResult Describe(
        RunSpec spec, ChildProcess child, ProcessExit? exit, bool timedOut, bool killed, string? memoryKill, TimeSpan duration, BoundedOutput stdout, BoundedOutput stderr)
    {
        var outcome = timedOut ? RunOutcome.TimedOut
            : exit is { Code: 0 } ? RunOutcome.Completed
            : memoryKill is not null ? RunOutcome.OutOfMemory
            : exit is { Signal: > 0 } ? RunOutcome.Killed
            : RunOutcome.Failed;
        var note = outcome switch
        {
            RunOutcome.TimedOut => $"Timed out after {spec.Timeout.TotalSeconds:0.###} s; the process and all its children were killed.",
            RunOutcome.Killed when killed => "Killed on request.",
            RunOutcome.Killed when exit is { Signal: Libc.SigKill } => "Killed by signal 9, which the agent did not send: probably the sandbox's memory was used up.",
            RunOutcome.Killed => $"Ended by signal {exit?.Signal}.",
            _ => null,
        };
        return new RunResult
        {
            Outcome = outcome,
            ExitCode = timedOut ? TimedOut : exit?.Code ?? TimedOut,
            Duration = duration,
            ProcessId = child.Id,
            Signal = exit is { Signal: > 0 and var signal } ? signal : null,
            Stdout = stdout.ToText(),
            Stderr = AppendNotes(stderr.ToText(), memoryKill, note),
            StdoutOmittedBytes = stdout.OmittedBytes is > 0 and var cut ? cut : null,
            StderrOmittedBytes = stderr.OmittedBytes is > 0 and var alsoCut ? alsoCut : null,
        };
    }

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

    private RunResult NotStarted(int exitCode, string why, long started) => new()
    {
        Outcome = RunOutcome.CouldNotStart,
        ExitCode = exitCode,
        Duration = time.GetElapsedTime(started),
        Stderr = why + "\n",
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
}
