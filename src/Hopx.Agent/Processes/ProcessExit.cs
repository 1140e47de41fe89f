namespace Hopx.Agent;

/// <summary>How a process ended.</summary>
/// <param name="Code">What it returned, or 128 + signal.</param>
/// <param name="Signal">The signal that ended it, or 0.</param>
internal readonly record struct ProcessExit(int Code, int Signal)
{
    /// <summary>The most memory that it or one of the children it waited for ever held; null when not known.</summary>
    public long? PeakResidentBytes { get; init; }

    /// <summary>What processors worked for it and the children it waited for.</summary>
    public TimeSpan? CpuTime { get; init; }

    /// <summary>What it and the children it waited for wrote to disk; null where the kernel does not count.</summary>
    public long? BytesWritten { get; init; }

    public static ProcessExit FromStatus(int status)
    {
        var signal = status & 0x7f;
        return signal == 0 ? new((status >> 8) & 0xff, 0) : new(128 + signal, signal);
    }
}
