using System.Globalization;

namespace Hopx.ControlPlane.Runtime;

/// <summary>Puts together the <c>config.json</c> of a sandbox.</summary>
internal sealed class OciBundle(OciSeccomp seccomp)
{
    public const string AgentInside = "/.hopx/agent";
    public const string DesktopInside = "/.hopx/desktop";
    public const string RunInside = "/.hopx/run";

    private const ulong MostOpenFiles = 65_536;
    private const ulong CpuPeriod = 100_000;

    private static readonly string[] Capabilities =
    [
        "CAP_CHOWN", "CAP_DAC_OVERRIDE", "CAP_FOWNER", "CAP_FSETID", "CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP", "CAP_SETFCAP",
        "CAP_KILL", "CAP_NET_BIND_SERVICE", "CAP_SYS_CHROOT",
    ];

    private static readonly string[] Masked =
    [
        "/proc/acpi", "/proc/asound", "/proc/interrupts", "/proc/kcore", "/proc/keys", "/proc/latency_stats", "/proc/sched_debug", "/proc/scsi",
        "/proc/timer_list", "/proc/timer_stats", "/sys/devices/virtual/powercap", "/sys/firmware",
    ];

    private static readonly string[] ReadOnly = ["/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger"];

    public OciConfig Create(SandboxStart start, LaunchPlan plan) => new()
    {
        Hostname = Hostname(start.Id),
        Process = new OciProcess
        {
            Args = [AgentInside],
            Env = [.. EnvironmentOf(start, plan)],
            Capabilities = new OciCapabilities(Capabilities, Capabilities, Capabilities),
            Rlimits = [.. Rlimits(start.Limits, plan)],
        },
        Root = new OciRoot($"{plan.Stage}/root"),
        Mounts = Mounts(start, plan),
        Linux = new OciLinux
        {
            UidMappings = [new OciIdMapping(0, plan.FirstUser, plan.IdCount)],
            GidMappings = [new OciIdMapping(0, plan.FirstGroup, plan.IdCount)],
            Namespaces = [new("user"), new("pid"), new("mount"), new("network"), new("ipc"), new("uts"), new("cgroup")],
            CgroupsPath = plan.CgroupsPath,
            Resources = Resources(start.Limits, plan),
            MaskedPaths = Masked,
            ReadonlyPaths = ReadOnly,
            Seccomp = seccomp,
        },
    };

    /// <summary>The name that the sandbox calls itself: its id, cut to what the kernel takes.</summary>
    public static string Hostname(string id) => id.Length <= 63 ? id : id[..63];

    private static IEnumerable<string> EnvironmentOf(SandboxStart start, LaunchPlan plan)
    {
        if (!start.Environment.ContainsKey("PATH"))
        {
            yield return $"PATH={ToolProcess.SearchPath}";
        }

        foreach (var (name, value) in start.Environment.Where(variable => !variable.Key.StartsWith("HOPX_", StringComparison.Ordinal)))
        {
            yield return $"{name}={value}";
        }

        yield return $"HOPX_AGENT_LISTEN=unix:{RunInside}/{AgentConnector.SocketName}";
        yield return $"HOPX_SANDBOX_ID={start.Id}";
        yield return $"HOPX_TOKEN_PUBLIC_KEY={start.TokenPublicKey}";
        yield return $"HOPX_WORKDIR={start.WorkingDirectory}";
        if (start.PublicHost is { } host)
        {
            yield return $"HOPX_PUBLIC_HOST={host}";
        }

        if (start.Deadline is { } deadline)
        {
            yield return $"HOPX_DEADLINE={deadline.UtcDateTime:O}";
        }

        if (start.AllowsPrivateCallbacks)
        {
            yield return "HOPX_Callbacks__AllowPrivateTargets=true";
        }

        if (start.WarmsPython)
        {
            yield return "HOPX_WARM_PYTHON=1";
        }

        // Told in any case, since the agent reports it; it acts on it only where nothing else does.
        yield return string.Create(CultureInfo.InvariantCulture, $"HOPX_MEMORY_LIMIT_BYTES={start.Limits.MemoryBytes}");
        if (plan.Enforcement.Memory is not EnforcedBy.Kernel)
        {
            yield return "HOPX_MEMORY_WATCHDOG=1";
        }

        // So that it can keep a few processes for itself, whatever code in the sandbox does.
        yield return string.Create(CultureInfo.InvariantCulture, $"HOPX_PROCESS_LIMIT={start.Limits.Processes}");
    }

    /// <summary>Limits of each process. The one on processes is set by the launcher, before the user namespace that it is to hold for.</summary>
    private static IEnumerable<OciRlimit> Rlimits(SandboxLimits limits, LaunchPlan plan)
    {
        // An unprivileged namespace may lower a limit, never raise it over what the server itself has.
        var files = Math.Min(MostOpenFiles, plan.MostOpenFiles);
        yield return new OciRlimit("RLIMIT_NOFILE", files, files);
        yield return new OciRlimit("RLIMIT_CORE", 0, 0);
        if (plan.Enforcement.Memory is not EnforcedBy.Kernel)
        {
            yield return new OciRlimit("RLIMIT_DATA", (ulong)limits.MemoryBytes, (ulong)limits.MemoryBytes);
        }

        if (!plan.UsesDiskImage)
        {
            yield return new OciRlimit("RLIMIT_FSIZE", (ulong)limits.DiskBytes, (ulong)limits.DiskBytes);
        }
    }

    private static OciMount[] Mounts(SandboxStart start, LaunchPlan plan) =>
    [
        new("/proc", "proc", "proc", ["nosuid", "noexec", "nodev"]),
        new("/dev", "tmpfs", "tmpfs", ["nosuid", "noexec", "strictatime", "mode=755", "size=1m"]),
        new("/dev/pts", "devpts", "devpts", ["nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5"]),
        new("/dev/shm", "tmpfs", "shm", ["nosuid", "noexec", "nodev", "mode=1777", string.Create(CultureInfo.InvariantCulture, $"size={SharedMemoryMib(start.Limits)}m")]),
        new("/sys", "sysfs", "sysfs", ["nosuid", "noexec", "nodev", "ro"]),
        new(AgentInside, "bind", $"{plan.Stage}/agent", ["bind", "ro", "nosuid", "nodev"]),
        .. start.DesktopPath is null ? (ReadOnlySpan<OciMount>)[] : [new(DesktopInside, "bind", $"{plan.Stage}/desktop", ["bind", "ro", "nosuid", "nodev"])],
        new(RunInside, "bind", $"{plan.Stage}/run", ["bind", "nosuid", "nodev", "noexec"]),

        // Runtimes of languages size their heaps by it; otherwise they take the whole machine for theirs.
        .. plan.CgroupsPath is null ? (ReadOnlySpan<OciMount>)[] : [new("/sys/fs/cgroup", "cgroup", "cgroup", ["nosuid", "noexec", "nodev", "ro"])],
    ];

    /// <summary>A quarter of the memory: enough for a browser, too little to matter where shared memory is not counted.</summary>
    private static int SharedMemoryMib(SandboxLimits limits) => Math.Clamp(limits.MemoryMib / 4, 16, 1024);

    private static OciResources? Resources(SandboxLimits limits, LaunchPlan plan) => plan.CgroupsPath is null ? null : new OciResources
    {
        Memory = plan.Enforcement.Memory is EnforcedBy.Kernel ? new OciMemory(limits.MemoryBytes, plan.LimitsSwap ? limits.MemoryBytes : null) : null,
        Cpu = plan.Enforcement.Cpu is EnforcedBy.Kernel ? new OciCpu(limits.VirtualCpus * (long)CpuPeriod, CpuPeriod) : null,
        Pids = plan.UsesPidsController ? new OciPids(limits.Processes) : null,
    };
}
