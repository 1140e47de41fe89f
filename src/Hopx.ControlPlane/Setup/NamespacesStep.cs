using System.ComponentModel;
using System.Globalization;
using Hopx.Client;
using Microsoft.Extensions.Options;

namespace Hopx.ControlPlane.Setup;

/// <summary>The kernel lets this user make namespaces with mapped ids, and the home's file system can hold overlays.</summary>
internal sealed class NamespacesStep(IOptions<ControlPlaneOptions> options, HostUser user) : ISetupStep
{
    public string Name => "namespaces";

    public async Task<SetupFinding> CheckAsync(CancellationToken cancellationToken)
    {
        if (SubordinateIds.Find(user) is not { } ids)
        {
            return SetupFinding.Missing("Namespaces cannot be tried without sub-ids.", "Run 'hopx-mcp setup'.");
        }

        if (!Directory.Exists(options.Value.Home))
        {
            return SetupFinding.Missing($"Overlays cannot be tried: '{options.Value.Home}' is not there yet.", "Run 'hopx-mcp setup'.");
        }

        try
        {
            var mapped = await new HostCommand("unshare", [.. ids.GuestNamespace, "--mount", "--pid", "--net", "--fork", "true"]).RunAsync(onLine: null, cancellationToken);
            if (mapped.ExitCode != 0)
            {
                return SetupFinding.Missing($"'{user.Name}' cannot make user namespaces: {mapped.Tail}", NamespaceRemedy());
            }

            IReadOnlyList<string> space = user.IsRoot ? [] : ids.OwnerNamespace;
            string[] arguments =
            [
                .. space, "--mount", "sh", "-c", EmbeddedScript.Read("Setup.check-overlay.sh"), "check-overlay", $".overlay-{Guid.NewGuid():N}",
                user.Id.ToString(CultureInfo.InvariantCulture),
            ];
            var overlay = await new HostCommand("unshare", arguments) { WorkingDirectory = options.Value.Home }.RunAsync(onLine: null, cancellationToken);
            return overlay.ExitCode == 0
                ? SetupFinding.Ready("user namespaces and overlays work")
                : SetupFinding.Missing(
                    $"HOPX_HOME '{options.Value.Home}' is on a {new DriveInfo(options.Value.Home).DriveFormat} file system, on which sandboxes cannot have their layers: {overlay.Tail}",
                    "Set HOPX_HOME to a directory on ext4, xfs, btrfs or tmpfs; in a container, to a volume.");
        }
        catch (Win32Exception failure)
        {
            return SetupFinding.Missing($"unshare cannot be started: {failure.Message}.", "Run 'hopx-mcp setup'.");
        }
    }

    public async Task DoAsync(IProgress<SetupProgress> progress, CancellationToken cancellationToken) =>
        throw new HopxException(HopxErrorCode.MachineNotReady, (await CheckAsync(cancellationToken)).ToString());

    /// <summary>The switch that is off, where one of the known ones is.</summary>
    private static string NamespaceRemedy()
    {
        (string File, string Off, string Command)[] switches =
        [
            ("/proc/sys/kernel/unprivileged_userns_clone", "0", "sudo sysctl -w kernel.unprivileged_userns_clone=1"),
            ("/proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1", "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"),
            ("/proc/sys/user/max_user_namespaces", "0", "sudo sysctl -w user.max_user_namespaces=15000"),
        ];
        var off = switches.FirstOrDefault(one => File.Exists(one.File) && File.ReadAllText(one.File).Trim() == one.Off);
        return off.Command is null
            ? "In a container, allow it to make namespaces, such as by '--privileged' or '--security-opt seccomp=unconfined'."
            : $"Run '{off.Command}'.";
    }
}
