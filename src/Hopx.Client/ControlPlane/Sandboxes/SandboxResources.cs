namespace Hopx.Client;

/// <summary>What a sandbox may use at the most.</summary>
public sealed record SandboxResources
{
    public required int Vcpu { get; init; }

    public required int MemoryMb { get; init; }

    public int DiskMb { get; init; }

    /// <summary>The same as <see cref="DiskMb"/> in the unit of HopX's documentation.</summary>
    public int DiskGb => DiskMb / 1024;
}
