using Hopx.Client;

namespace Hopx.ControlPlane.Setup;

/// <summary>Installs Debian packages as root; for everyone else it names the command.</summary>
internal sealed class PackageInstaller(HostUser user)
{
    private static readonly Dictionary<string, string> Silent = new(HostCommand.SystemEnvironment)
    {
        ["DEBIAN_FRONTEND"] = "noninteractive",
        ["NEEDRESTART_MODE"] = "l",
        ["APT_LISTCHANGES_FRONTEND"] = "none",
        ["HOME"] = "/root",
    };

    /// <summary>The finding for packages of which some may be missing.</summary>
    public SetupFinding Check(IReadOnlyList<HostPackage> packages)
    {
        var missing = packages.Where(package => !package.IsInstalled).ToList();
        return missing.Count == 0
            ? SetupFinding.Ready(string.Join(", ", packages.Select(package => package.Name)))
            : SetupFinding.Missing(
                $"Missing: {string.Join("; ", missing.Select(package => $"{package.Name} ({package.Purpose})"))}.",
                Remedy(missing));
    }

    /// <summary>Installs those that are missing.</summary>
    public async Task InstallAsync(IReadOnlyList<HostPackage> packages, Action<string> onLine, CancellationToken cancellationToken)
    {
        var missing = packages.Where(package => !package.IsInstalled).ToList();
        if (missing.Count == 0)
        {
            return;
        }

        if (!user.IsRoot || !HostPackage.IsInPath("apt-get"))
        {
            throw new HopxException(HopxErrorCode.MachineNotReady, Check(packages).ToString());
        }

        if (!HasLists())
        {
            await AptAsync(["update"], onLine, cancellationToken);
        }

        string[] install =
        [
            "install", "--yes", "--no-install-recommends", "-o", "Dpkg::Options::=--force-confdef", "-o", "Dpkg::Options::=--force-confold",
            .. missing.Select(package => package.Name),
        ];
        var result = await AptAsync(install, onLine, cancellationToken);
        if (result.ExitCode != 0)
        {
            // Old lists name versions that the mirror has thrown away.
            await AptAsync(["update"], onLine, cancellationToken);
            result = await AptAsync(install, onLine, cancellationToken);
        }

        if (result.ExitCode != 0)
        {
            throw new HopxException(
                HopxErrorCode.MachineNotReady,
                $"apt-get could not install {string.Join(", ", missing.Select(package => package.Name))}: it ended with exit code {result.ExitCode}. Its last lines:\n{result.Tail}");
        }
    }

    private static Task<HostCommandResult> AptAsync(IReadOnlyList<string> arguments, Action<string> onLine, CancellationToken cancellationToken) =>
        // Another package manager may be at work; dpkg that is cut short leaves packages half installed, hence the long grace.
        new HostCommand("apt-get", ["-o", "DPkg::Lock::Timeout=300", .. arguments]) { Environment = Silent, Grace = TimeSpan.FromMinutes(1) }
            .RunAsync(onLine, cancellationToken);

    private static bool HasLists() =>
        Directory.Exists("/var/lib/apt/lists") && Directory.EnumerateFiles("/var/lib/apt/lists", "*_Packages*").Any();

    private string Remedy(IEnumerable<HostPackage> missing)
    {
        var names = string.Join(' ', missing.Select(package => package.Name));
        return HostPackage.IsInPath("apt-get")
            ? $"Run '{(user.IsRoot ? "" : "sudo ")}apt-get install -y {names}'."
            : $"Install what Debian calls {names} with this system's package manager.";
    }
}
