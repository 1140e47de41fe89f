using System.Text.Json.Serialization;

namespace Hopx.ControlPlane.Runtime;

/// <summary>Who holds a sandbox to a limit.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<EnforcedBy>))]
internal enum EnforcedBy
{
    /// <summary>Nobody: this machine gives no means.</summary>
    [JsonStringEnumMemberName("not enforced")]
    Nobody,

    /// <summary>The kernel, for the sandbox as a whole.</summary>
    [JsonStringEnumMemberName("kernel")]
    Kernel,

    /// <summary>The kernel, but for each process or file alone.</summary>
    [JsonStringEnumMemberName("per-process")]
    PerProcess,

    /// <summary>A look now and then, and an end to what is over its limit.</summary>
    [JsonStringEnumMemberName("watchdog")]
    Watchdog,
}

/// <summary>How each limit of a sandbox is enforced on this machine; told in its info, in the log and by the doctor.</summary>
internal sealed record LimitEnforcement(EnforcedBy Cpu, EnforcedBy Memory, EnforcedBy Processes, EnforcedBy Disk)
{
    public bool IsComplete => Cpu is EnforcedBy.Kernel && Memory is EnforcedBy.Kernel && Processes is EnforcedBy.Kernel && Disk is EnforcedBy.Kernel;

    public override string ToString() => $"cpu: {Name(Cpu)}, memory: {Name(Memory)}, processes: {Name(Processes)}, disk: {Name(Disk)}";

    /// <summary>As clients see it in a sandbox's info.</summary>
    public IReadOnlyDictionary<string, string> ToWire() => new Dictionary<string, string>
    {
        ["cpu"] = Name(Cpu),
        ["memory"] = Name(Memory),
        ["processes"] = Name(Processes),
        ["disk"] = Name(Disk),
    };

    private static string Name(EnforcedBy enforced) => enforced switch
    {
        EnforcedBy.Kernel => "kernel",
        EnforcedBy.PerProcess => "per-process",
        EnforcedBy.Watchdog => "watchdog",
        _ => "not enforced",
    };
}
