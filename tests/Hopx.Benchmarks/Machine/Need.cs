namespace Hopx.Benchmarks.Machine;

/// <summary>What a benchmark compares with and what may not be on this machine.</summary>
public enum Need
{
    NativeBuild,
    NodeServer,
    Node,
    Go,
    Docker,
    Root,
}
