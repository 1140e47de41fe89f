using System.Globalization;
using Hopx.Client;

namespace Hopx.Agent;

/// <summary>Says how a run ended: a code for programs, a sentence for people and models.</summary>
internal static class RunOutcomes
{
    private const int TimedOut = 124;
    private const int KilledChild = 128 + Libc.SigKill;
    private const double NearlyAll = 0.85;
    private const long BytesPerMib = 1024 * 1024;

    // How libc, Python, Node.js, Go and the shells say ENOSPC and EDQUOT.
    private static readonly string[] DiskFullTexts = ["No space left on device", "no space left on device", "ENOSPC", "Disk quota exceeded", "disk quota exceeded", "EDQUOT"];

    // How they say EAGAIN of a fork or a thread.
    private static readonly string[] NoProcessTexts =
    [
        "fork: Resource temporarily unavailable", "fork: retry", "Cannot fork", "can't start new thread", "failed to create new OS thread", "pthread_create failed",
        "unable to create native thread", "spawn EAGAIN", "BlockingIOError: [Errno 11]", ": resource temporarily unavailable",
    ];

    /// <returns>The outcome; its sentence, null when there is nothing to explain; and the exit code that callers know.</returns>
    public static (RunOutcome Outcome, string? Explanation, int ExitCode) Describe(RunEnding ending)
    {
        var code = ending.Exit?.Code ?? TimedOut;
        if (ending.IsTimedOut)
        {
            var limit = ending.HadRefusedProcess && ending.ProcessLimit is { } most ? Say($" It had reached the sandbox's limit of {most} processes and threads.") : "";
            return (RunOutcome.TimedOut, Say($"Timed out after {ending.Spec.Timeout.TotalSeconds:0.###} s; the process and all its children were killed.{limit}"), TimedOut);
        }

        if (ending.Exit is not { Code: not 0 } exit)
        {
            return (ending.Exit is null ? RunOutcome.Killed : RunOutcome.Completed, ending.Exit is null ? "Killed, and not yet gone." : null, code);
        }

        if (ending is { IsKilled: true } && exit.Signal != 0)
        {
            return (RunOutcome.Killed, "Killed on request.", code);
        }

        if (OutOfMemory(ending, exit) is { } memory)
        {
            return (RunOutcome.OutOfMemory, memory, code);
        }

        if (exit.Signal != 0)
        {
            return (RunOutcome.Killed, OfSignal(ending, exit.Signal), code);
        }

        if (DiskFull(ending) is { } disk)
        {
            return (RunOutcome.DiskFull, disk, code);
        }

        return NoProcess(ending) is { } crowded
            ? (RunOutcome.TooManyProcesses, crowded, code)
            : (RunOutcome.Failed, OfCode(code), code);
    }

    private static string? OutOfMemory(RunEnding ending, ProcessExit exit)
    {
        if (ending.MemoryKill is { } known)
        {
            return known;
        }

        if (exit.Signal != Libc.SigKill && exit.Code != KilledChild)
        {
            return null;
        }

        var limit = ending.MemoryLimit is { } most ? Say($" of {most / BytesPerMib} MiB") : "";
        if (ending.HadMemoryKill is true)
        {
            var peak = Math.Max(exit.PeakResidentBytes ?? 0, ending.MemoryPeak ?? 0);
            return Say($"Killed by the kernel: the sandbox's memory limit{limit} was reached{(peak > 0 ? Say($" (peak {peak / BytesPerMib} MiB)") : "")}.");
        }

        // Where the kernel's count cannot be read, a process that died holding nearly all tells as much.
        return ending.HadMemoryKill is null && ending.MemoryLimit is { } all && exit.PeakResidentBytes is { } held && held > all * NearlyAll
            ? Say($"Killed by the kernel when it held {held / BytesPerMib} MiB: the sandbox's memory limit{limit} was reached.")
            : null;
    }

    private static string OfSignal(RunEnding ending, int signal)
    {
        if (signal != Libc.SigKill)
        {
            return Say($"Ended by signal {signal} ({SignalNames.Of(signal)}{(SignalNames.Meaning(signal) is { } meaning ? $": {meaning}" : "")}).");
        }

        return ending.HadMemoryKill is false
            ? "Killed by signal 9 (SIGKILL), which the agent did not send: something inside the sandbox did, since its memory was not used up."
            : "Killed by signal 9 (SIGKILL), which the agent did not send: probably something inside the sandbox did, or its memory was used up.";
    }

    private static string? DiskFull(RunEnding ending)
    {
        var saysSo = Array.Find(DiskFullTexts, text => ending.Stderr.Contains(text, StringComparison.Ordinal));
        foreach (var disk in ending.Disks)
        {
            if (disk.IsFull)
            {
                var what = disk.FreeBytes > 0 && disk.FreeFiles == 0 ? "may hold no more files" : Say($"is full: {disk.FreeBytes} of {disk.TotalBytes} bytes are free");
                return $"Failed, and the disk at {disk.Path} {what}. Remove files, or use a sandbox with a larger disk.";
            }
        }

        return saysSo is null
            ? null
            : Say($"Failed because a disk was full: it wrote '{saysSo}'. By now {string.Join(" and ", ending.Disks.Select(disk => Say($"{disk.FreeBytes} bytes are free at {disk.Path}")))}.");
    }

    private static string? NoProcess(RunEnding ending)
    {
        if (!ending.HadRefusedProcess && !NoProcessTexts.Any(text => ending.Stderr.Contains(text, StringComparison.Ordinal)))
        {
            return null;
        }

        var limit = ending.ProcessLimit is { } most ? Say($" of {most}") : "";
        return $"Failed because no more processes or threads could be made: the sandbox's limit{limit} was reached. Run fewer at once.";
    }

    private static string? OfCode(int code) => code switch
    {
        > 128 and <= 128 + 64 => Say($"Ended with exit code {code}, which shells give when a child was ended by signal {code - 128} ({SignalNames.Of(code - 128)})."),
        127 => "Ended with exit code 127, which shells give when a program is not found.",
        126 => "Ended with exit code 126, which shells give when a file is not executable.",
        _ => Say($"Ended with exit code {code}."),
    };

    private static string Say(FormattableString sentence) => sentence.ToString(CultureInfo.InvariantCulture);
}
