namespace Hopx.ControlPlane.Admission;

/// <summary>What the machine has, and what of it is free now.</summary>
/// <param name="MemoryBytes">All memory that sandboxes could have: the machine's, or less where a cgroup holds them to less.</param>
/// <param name="FreeMemoryBytes">What could be had without swapping.</param>
/// <param name="MemoryPressure">Share of the last ten seconds, in percent, in which something waited for memory; null where the kernel does not count it.</param>
/// <param name="Processes">Processes and threads that there may be.</param>
/// <param name="FreeProcesses">How many more.</param>
/// <param name="FreeDiskBytes">Of the file system that holds the sandboxes.</param>
internal sealed record MachineState(long MemoryBytes, long FreeMemoryBytes, double? MemoryPressure, long Processes, long FreeProcesses, long FreeDiskBytes);
