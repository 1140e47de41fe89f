namespace Hopx.Client;

/// <summary>Answer of <c>GET /system</c> of the agent: the sandbox as what runs in it sees it.</summary>
public sealed record SystemFacts
{
    public OperatingSystemFacts? Os { get; init; }

    public HardwareFacts? Hardware { get; init; }

    public NetworkFacts? Network { get; init; }

    public ShellFacts? Environment { get; init; }

    public IReadOnlyList<string>? Capabilities { get; init; }

    public CpuUsage? Cpu { get; init; }

    public SpaceUsage? Memory { get; init; }

    public SpaceUsage? Disk { get; init; }

    public DateTimeOffset? Timestamp { get; init; }

    public string? RequestId { get; init; }
}

public sealed record OperatingSystemFacts
{
    public string? Name { get; init; }

    public string? Version { get; init; }

    public string? Kernel { get; init; }

    public string? Arch { get; init; }

    public string? Hostname { get; init; }

    public string? Timezone { get; init; }
}

public sealed record HardwareFacts
{
    public int CpuCores { get; init; }

    public string? CpuModel { get; init; }

    public long MemoryMb { get; init; }

    public long DiskMb { get; init; }
}

public sealed record NetworkFacts
{
    public IReadOnlyList<NetworkInterfaceFacts>? Interfaces { get; init; }

    public string? Hostname { get; init; }
}

public sealed record NetworkInterfaceFacts
{
    public string? Name { get; init; }

    public string? Ip { get; init; }

    public string? Mac { get; init; }
}

/// <summary>Where and as whom commands start. Values of other variables are not among it.</summary>
public sealed record ShellFacts
{
    public string? Shell { get; init; }

    public string? Path { get; init; }

    public string? User { get; init; }

    public string? Home { get; init; }

    public string? WorkingDir { get; init; }

    public string? Environment { get; init; }
}
