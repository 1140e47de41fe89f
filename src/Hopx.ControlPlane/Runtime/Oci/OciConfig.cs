using System.Text.Json.Serialization;

namespace Hopx.ControlPlane.Runtime;

/// <summary>The part of an OCI runtime's <c>config.json</c> that sandboxes use.</summary>
internal sealed record OciConfig
{
    public string OciVersion { get; init; } = "1.0.2";

    public required string Hostname { get; init; }

    public required OciProcess Process { get; init; }

    public required OciRoot Root { get; init; }

    public required IReadOnlyList<OciMount> Mounts { get; init; }

    public required OciLinux Linux { get; init; }
}

internal sealed record OciProcess
{
    public bool Terminal { get; init; }

    public OciUser User { get; init; } = new(0, 0);

    public string Cwd { get; init; } = "/";

    public required IReadOnlyList<string> Args { get; init; }

    public required IReadOnlyList<string> Env { get; init; }

    public required OciCapabilities Capabilities { get; init; }

    public IReadOnlyList<OciRlimit> Rlimits { get; init; } = [];

    public bool NoNewPrivileges { get; init; } = true;
}

internal sealed record OciUser(uint Uid, uint Gid);

internal sealed record OciCapabilities(IReadOnlyList<string> Bounding, IReadOnlyList<string> Effective, IReadOnlyList<string> Permitted);

internal sealed record OciRlimit(string Type, ulong Hard, ulong Soft);

internal sealed record OciRoot(string Path, bool Readonly = false);

internal sealed record OciMount(string Destination, string Type, string Source, IReadOnlyList<string> Options);

internal sealed record OciLinux
{
    public required IReadOnlyList<OciIdMapping> UidMappings { get; init; }

    public required IReadOnlyList<OciIdMapping> GidMappings { get; init; }

    public required IReadOnlyList<OciNamespace> Namespaces { get; init; }

    public string? CgroupsPath { get; init; }

    public OciResources? Resources { get; init; }

    public required IReadOnlyList<string> MaskedPaths { get; init; }

    public required IReadOnlyList<string> ReadonlyPaths { get; init; }

    public required OciSeccomp Seccomp { get; init; }
}

internal sealed record OciIdMapping([property: JsonPropertyName("containerID")] uint ContainerId, [property: JsonPropertyName("hostID")] uint HostId, uint Size);

internal sealed record OciNamespace(string Type);

internal sealed record OciResources
{
    public OciMemory? Memory { get; init; }

    public OciCpu? Cpu { get; init; }

    public OciPids? Pids { get; init; }
}

internal sealed record OciMemory(long Limit, long? Swap);

internal sealed record OciCpu(long Quota, ulong Period);

internal sealed record OciPids(long Limit);

internal sealed record OciSeccomp
{
    public required string DefaultAction { get; init; }

    public uint? DefaultErrnoRet { get; init; }

    public IReadOnlyList<string> Architectures { get; init; } = [];

    public required IReadOnlyList<OciSyscalls> Syscalls { get; init; }
}

internal sealed record OciSyscalls
{
    public required IReadOnlyList<string> Names { get; init; }

    public required string Action { get; init; }

    public uint? ErrnoRet { get; init; }

    public IReadOnlyList<OciSyscallArgument>? Args { get; init; }
}

internal sealed record OciSyscallArgument(uint Index, ulong Value, ulong ValueTwo, string Op);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(OciConfig))]
[JsonSerializable(typeof(SandboxHandle))]
internal sealed partial class OciJson : JsonSerializerContext;
