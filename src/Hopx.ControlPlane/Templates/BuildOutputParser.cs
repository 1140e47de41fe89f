using System.Globalization;
using System.Text.RegularExpressions;

namespace Hopx.ControlPlane.Templates;

/// <summary>Reads from the output of mmdebstrap and apt how far a build is.</summary>
internal sealed partial class BuildOutputParser(string template)
{
    // Shares of the whole, as measured: essential packages, all others, steps of the recipe. The checks have the rest.
    private const double EssentialShare = 0.2;
    private const double PackagesShare = 0.65;
    private const double StepsShare = 0.07;

    /// <summary>Each package is fetched, unpacked and set up.</summary>
    private const int EventsOfAPackage = 3;

    private bool _essentialDone;
    private int _packages;
    private int _events;
    private double _fraction;

    /// <summary>The fraction at which the checks begin.</summary>
    public const double ChecksBegin = EssentialShare + PackagesShare + StepsShare;

    /// <summary>The progress that a line tells of; null when it tells nothing.</summary>
    public TemplateBuildProgress? Read(string line)
    {
        if (line.StartsWith("I: ", StringComparison.Ordinal))
        {
            return ReadMmdebstrap(line);
        }

        if (NewlyInstalled().Match(line) is { Success: true } plan)
        {
            _packages = int.Parse(plan.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
            _events = 0;
            return null;
        }

        if (Fetching().Match(line) is { Success: true } fetching)
        {
            return Advance(TemplateBuildStage.Downloading, fetching.Groups[1].Value);
        }

        return Handling().Match(line) is { Success: true } handling
            ? Advance(TemplateBuildStage.Installing, handling.Groups[1].Value)
            : null;
    }

    private TemplateBuildProgress? ReadMmdebstrap(string line)
    {
        if (line.StartsWith("I: installing remaining packages", StringComparison.Ordinal))
        {
            _essentialDone = true;
            (_packages, _events) = (0, 0);
            return At(TemplateBuildStage.Installing, EssentialShare, "the remaining packages");
        }

        if (line.StartsWith("I: running apt-get update", StringComparison.Ordinal))
        {
            return At(TemplateBuildStage.Downloading, 0.01, "the lists of packages");
        }

        return line.StartsWith("I: running --customize-hook", StringComparison.Ordinal)
            ? At(TemplateBuildStage.Customizing, EssentialShare + PackagesShare, "the steps of the recipe")
            : null;
    }

    private TemplateBuildProgress Advance(TemplateBuildStage stage, string detail)
    {
        _events++;
        var done = _packages == 0 ? 0 : Math.Min(1, (double)_events / (_packages * EventsOfAPackage));
        return At(stage, _essentialDone ? EssentialShare + (done * PackagesShare) : done * EssentialShare, detail);
    }

    private TemplateBuildProgress At(TemplateBuildStage stage, double fraction, string detail)
    {
        _fraction = Math.Max(_fraction, fraction);
        return new TemplateBuildProgress(template, stage, _fraction, detail);
    }

    [GeneratedRegex(@"\b(\d{1,6}) newly installed\b")]
    private static partial Regex NewlyInstalled();

    [GeneratedRegex(@"^Get:\d+ \S+ \S+ \S+ (\S+) \S+ \S+ \[")]
    private static partial Regex Fetching();

    [GeneratedRegex(@"^(?:Unpacking|Setting up) ([^\s:(]+)")]
    private static partial Regex Handling();
}
