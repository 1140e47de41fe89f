namespace Hopx.Agent;

/// <summary>Why code in a kernel was ended, when it was.</summary>
internal enum KernelEnding
{
    ByItself,
    TimeUp,
    Killed,
}

/// <summary>The one piece of code that a kernel runs now, and how far it has come. Of the kernel's thread alone.</summary>
internal sealed class KernelTurn(KernelCell cell, long started, TimeSpan time)
{
    public KernelCell Cell => cell;

    /// <summary>When its turn came.</summary>
    public long Started => started;

    /// <summary>How long it may run: what the wait for its turn has left of what was allowed.</summary>
    public TimeSpan Time => time;

    /// <summary>What the process had used before.</summary>
    public KernelUsage Before { get; set; }

    public SandboxLimits.Counters CountersBefore { get; set; }

    public bool IsSent { get; set; }

    /// <summary>Whether it waits for a line of input.</summary>
    public bool IsAsking { get; set; }

    public KernelEnding Ending { get; set; }

    public long? InterruptedAt { get; set; }

    public long LastInterrupt { get; set; }

    /// <summary>Whether it was killed, interrupts having been of no use.</summary>
    public bool IsKilled { get; set; }

    /// <summary>Whether the process has said that it is done, and then with what.</summary>
    public bool IsDone { get; set; }

    public int ExitCode { get; set; }

    public long CpuMicroseconds { get; set; }
}
