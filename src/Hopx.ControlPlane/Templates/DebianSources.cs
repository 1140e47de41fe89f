using Hopx.ControlPlane.Setup;

namespace Hopx.ControlPlane.Templates;

/// <summary>Where the Debian packages of a build come from: the mirror that this machine uses, else Debian's own hosts.</summary>
internal sealed record DebianSources(IReadOnlyList<string> Lines, IReadOnlyList<string> AptOptions)
{
    /// <summary>One release for every machine, so that the same recipe gives the same template.</summary>
    public const string Suite = "bookworm";

    public static IReadOnlyList<string> Standard { get; } =
    [
        $"deb http://deb.debian.org/debian {Suite} main",
        $"deb http://deb.debian.org/debian {Suite}-updates main",
        $"deb http://deb.debian.org/debian-security {Suite}-security main",
    ];

    /// <summary>Settings of this machine's apt that decide how, not what, is fetched.</summary>
    private static readonly string[] CarriedOptions =
        ["Acquire::http", "Acquire::https", "Acquire::Retries", "Acquire::Check-Valid-Until", "Acquire::Check-Date", "Acquire::ForceIPv4", "Acquire::ForceIPv6"];

    /// <summary>Asks this machine's apt, where there is one.</summary>
    public static async Task<DebianSources> OfThisMachineAsync(CancellationToken cancellationToken)
    {
        if (!HostPackage.IsInPath("apt-get"))
        {
            return new DebianSources(Standard, []);
        }

        var targets = new List<string>();
        await new HostCommand("apt-get", ["indextargets", "--format", "$(ORIGIN)|$(CODENAME)|$(RELEASE)|$(COMPONENT)|$(SITE)|$(REPO_URI)", "Created-By: Packages"])
            .RunAsync(targets.Add, cancellationToken);
        var settings = new List<string>();
        await new HostCommand("apt-config", ["dump"]).RunAsync(settings.Add, cancellationToken);
        return new DebianSources(LinesFrom(targets, HostCodename()), OptionsFrom(settings));
    }

    /// <summary>
    /// Lines for the build from what <c>apt-get indextargets</c> printed. A machine with another release of Debian has the same mirror
    /// serve ours; other publishers' archives are left out.
    /// </summary>
    public static IReadOnlyList<string> LinesFrom(IEnumerable<string> targets, string? hostCodename)
    {
        var lines = new List<string>();
        foreach (var target in targets)
        {
            if (target.Split('|') is not [var origin, _, var release, "main", _, var uri]
                || !uri.Contains("/debian", StringComparison.Ordinal)
                || (origin.Length > 0 && origin != "Debian"))
            {
                continue;
            }

            var pocket = Pocket(release.Trim('/'), hostCodename);
            if (pocket is not null && $"deb {uri.TrimEnd('/')} {Suite}{pocket} main" is var line && !lines.Contains(line))
            {
                lines.Add(line);
            }
        }

        return lines.Any(line => line.Contains($" {Suite} ", StringComparison.Ordinal)) ? lines : Standard;
    }

    /// <summary>Options for the build from what <c>apt-config dump</c> printed.</summary>
    public static IReadOnlyList<string> OptionsFrom(IEnumerable<string> settings) =>
        [.. settings.Where(setting => CarriedOptions.Any(name => IsOrIsUnder(setting, name)) && !setting.EndsWith(" \"\";", StringComparison.Ordinal))];

    private static bool IsOrIsUnder(string setting, string name) =>
        setting.StartsWith(name, StringComparison.OrdinalIgnoreCase)
        && (setting.AsSpan(name.Length).StartsWith(" ") || setting.AsSpan(name.Length).StartsWith("::"));

    private static string? Pocket(string release, string? hostCodename)
    {
        foreach (var codename in new[] { Suite, hostCodename })
        {
            if (codename is { Length: > 0 }
                && release.StartsWith(codename, StringComparison.Ordinal)
                && release[codename.Length..] is ("" or "-updates" or "-security") and var pocket)
            {
                return pocket;
            }
        }

        return null;
    }

    private static string? HostCodename()
    {
        const string file = "/etc/os-release";
        if (!File.Exists(file))
        {
            return null;
        }

        var lines = File.ReadAllLines(file);
        return lines.Contains("ID=debian")
            ? lines.FirstOrDefault(line => line.StartsWith("VERSION_CODENAME=", StringComparison.Ordinal))?["VERSION_CODENAME=".Length..].Trim('"')
            : null;
    }
}
