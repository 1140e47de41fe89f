namespace Hopx.ControlPlane.Runtime;

/// <summary>What a sandbox may use of the machine.</summary>
/// <param name="VirtualCpus">Processors' worth of time.</param>
/// <param name="MemoryMib">Memory of all its processes, in MiB; there is no swap besides.</param>
/// <param name="DiskMib">What it may write to its root file system, in MiB.</param>
/// <param name="Processes">Processes and threads at one time.</param>
internal sealed record SandboxLimits(int VirtualCpus, int MemoryMib, int DiskMib, int Processes = SandboxLimits.DefaultProcesses)
{
    public const int DefaultProcesses = 512;

    public long MemoryBytes => (long)MemoryMib << 20;

    public long DiskBytes => (long)DiskMib << 20;
}
