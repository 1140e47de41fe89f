using System.Runtime.InteropServices;

namespace Hopx.ControlPlane.Runtime;

/// <summary>Finds out what of the machine's means to run sandboxes works, by trying; leaves nothing behind.</summary>
internal sealed class HostProbe(SandboxRuntime sandboxes, string runtimeSetting)
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>The mounts of a launch, in miniature.</summary>
    private const string TryOverlay =
        "set -e; mount -t tmpfs hopx /mnt; cd /mnt; mkdir lower upper work root; echo x >lower/x; " +
        "mount -t overlay -o \"lowerdir=lower,upperdir=upper,workdir=work$1\" hopx root; rm root/x; echo y >root/y";

    private Machine Machine => sandboxes.Machine;

    public async Task<IReadOnlyList<HostCheck>> CheckAsync(CancellationToken cancellationToken)
    {
        var checks = new List<HostCheck> { Kernel(), User(), SubordinateIds() };
        checks.AddRange(Tools());
        checks.Add(Seccomp());
        checks.Add(ControlGroupCheck());
        checks.Add(Limits());
        if (!Machine.HasIds || checks.Any(check => check.Name == "tools" && check.Status is HostCheckStatus.Failed))
        {
            // Everything else would fail for the same reason.
            return checks;
        }

        var tried = await Task.WhenAll(UserNamespacesAsync(), OverlayAsync(), RuntimeAsync(cancellationToken));
        return [.. checks, .. tried];
    }

    private static HostCheck Kernel() =>
        new("kernel", HostCheckStatus.Ok, $"Linux {Environment.OSVersion.Version} on {RuntimeInformation.OSDescription}, {RuntimeInformation.OSArchitecture}");

    private HostCheck User() => new(
        "user",
        HostCheckStatus.Ok,
        Machine.User.IsRoot
            ? Machine.Nested ? "root, but without cgroups of its own: sandboxes run as an ordinary user's would" : "root"
            : $"{Machine.User.Name}, an ordinary user (rootless)");

    private HostCheck SubordinateIds() => Machine.HasIds
        ? new("sub-ids", HostCheckStatus.Ok, $"users from {Machine.Ids.FirstUser}, groups from {Machine.Ids.FirstGroup}")
        : new("sub-ids", HostCheckStatus.Failed, $"user '{Machine.User.Name}' has no block of {Setup.SubordinateIds.Count} ids in /etc/subuid and /etc/subgid", "hopx-mcp setup (as root)");

    private IEnumerable<HostCheck> Tools()
    {
        (string Program, string Package)[] needed =
        [
            ("unshare", "util-linux"), ("mount", "mount"),
            .. Machine.Nested ? (ReadOnlySpan<(string, string)>)[("newuidmap", "uidmap"), ("newgidmap", "uidmap"), ("prlimit", "util-linux")] : [],
        ];
        var missing = needed.Where(tool => ToolProcess.Find(tool.Program) is null).ToList();
        yield return missing.Count == 0
            ? new("tools", HostCheckStatus.Ok, string.Join(", ", needed.Select(tool => tool.Program)))
            : new(
                "tools", HostCheckStatus.Failed, $"missing: {string.Join(", ", missing.Select(tool => tool.Program))}",
                $"apt-get install {string.Join(' ', missing.Select(tool => tool.Package).Distinct())}");
    }

    private static HostCheck Seccomp()
    {
        const string actions = "/proc/sys/kernel/seccomp/actions_avail";
        return File.Exists(actions)
            ? new("seccomp", HostCheckStatus.Ok, "system calls are filtered")
            : new("seccomp", HostCheckStatus.Failed, $"the kernel cannot filter system calls: '{actions}' is not there", "use a kernel with CONFIG_SECCOMP_FILTER");
    }

    private HostCheck ControlGroupCheck()
    {
        var groups = Machine.ControlGroups;
        var version = groups.Version switch
        {
            ControlGroupVersion.V1 => "version 1",
            ControlGroupVersion.V2 => "version 2",
            ControlGroupVersion.Hybrid => "hybrid (controllers in version 1)",
            _ => "none",
        };
        string[] wanted = ["cpu", "memory", "pids"];
        var lacking = wanted.Except(groups.Controllers).ToList();
        return lacking.Count == 0
            ? new("cgroups", HostCheckStatus.Ok, $"{version}; usable: {string.Join(", ", wanted)}{(groups.CanFreeze ? ", freezer" : "")}")
            : new(
                "cgroups", HostCheckStatus.Warning, $"{version}; not usable: {string.Join(", ", lacking)}{(groups.IsUsable ? "" : $" ({groups.WhyUnusable})")}",
                groups.Version is ControlGroupVersion.V2 && !Machine.User.IsRoot ? "systemd-run --user --scope -p Delegate=yes hopx-mcp serve" : "run hopx-mcp as root for limits that the kernel enforces, and for pause");
    }

    private HostCheck Limits() => new(
        "limits", Machine.Enforcement.IsComplete ? HostCheckStatus.Ok : HostCheckStatus.Warning, Machine.Enforcement.ToString(),
        Machine.Enforcement.IsComplete || Machine.UsesDiskImage || !Machine.User.IsRoot ? null : "apt-get install e2fsprogs, and give this machine loop devices");

    private async Task<HostCheck> UserNamespacesAsync()
    {
        var result = await ToolProcess.RunAsync("unshare", [.. Machine.Ids.OwnerNamespace, "true"], Patience);
        if (result.Succeeded)
        {
            return new("user namespaces", HostCheckStatus.Ok, "can be made, with sub-ids in them");
        }

        return new(
            "user namespaces", Machine.Nested ? HostCheckStatus.Failed : HostCheckStatus.Warning, result.Complaint,
            File.Exists("/proc/sys/kernel/apparmor_restrict_unprivileged_userns") ? "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"
            : File.Exists("/proc/sys/kernel/unprivileged_userns_clone") ? "sysctl -w kernel.unprivileged_userns_clone=1"
            : "sysctl -w user.max_user_namespaces=10000");
    }

    private async Task<HostCheck> OverlayAsync()
    {
        var result = await ToolProcess.RunAsync(
            "unshare", [.. Machine.OwnNamespace, "--mount", "--propagation", "private", "/bin/sh", "-c", TryOverlay, "sh", Machine.Nested ? ",userxattr" : ""], Patience);
        return result.Succeeded
            ? new("overlay", HostCheckStatus.Ok, Machine.Nested ? "can be mounted in a user namespace" : "can be mounted")
            : new("overlay", HostCheckStatus.Failed, result.Complaint, Machine.Nested ? "use a kernel from 5.11 on, or run hopx-mcp as root" : "modprobe overlay");
    }

    private async Task<HostCheck> RuntimeAsync(CancellationToken cancellationToken)
    {
        var verdicts = await new OciRuntimeChoice(sandboxes).JudgeAllAsync(runtimeSetting, cancellationToken);
        return verdicts.FirstOrDefault(verdict => verdict.Works) is { } first
            ? new("runtime", HostCheckStatus.Ok, $"uses {first}; {string.Join("; ", verdicts.Where(verdict => verdict != first))}".TrimEnd(' ', ';'))
            : new("runtime", HostCheckStatus.Failed, string.Join("; ", verdicts), "apt-get install runc");
    }
}
