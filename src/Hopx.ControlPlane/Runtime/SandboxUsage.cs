namespace Hopx.ControlPlane.Runtime;

/// <summary>What a sandbox uses of the machine; null where this machine does not count it.</summary>
/// <param name="CpuTime">Time on all processors together, since the start of its processes.</param>
/// <param name="MemoryBytes">Memory of all its processes.</param>
/// <param name="DiskBytes">What it has written, with the file system that holds it.</param>
internal sealed record SandboxUsage(TimeSpan? CpuTime, long? MemoryBytes, long? Processes, long? DiskBytes, long? NetworkReceivedBytes, long? NetworkSentBytes);
