namespace Hopx.Agent;

/// <summary>How a process ended.</summary>
/// <param name="Code">What it returned, or 128 + signal.</param>
/// <param name="Signal">The signal that ended it, or 0.</param>
/// <param name="PeakResidentKib">The most memory that it ever held.</param>
internal readonly record struct ProcessExit(int Code, int Signal, long PeakResidentKib)
{
    public static ProcessExit FromStatus(int status, long peakResidentKib)
    {
        var signal = status & 0x7f;
        return signal == 0 ? new((status >> 8) & 0xff, 0, peakResidentKib) : new(128 + signal, signal, peakResidentKib);
    }
}
