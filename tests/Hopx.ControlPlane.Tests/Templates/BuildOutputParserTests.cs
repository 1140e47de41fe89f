using Hopx.ControlPlane.Templates;

namespace Hopx.ControlPlane.Tests.Templates;

public sealed class BuildOutputParserTests
{
    private static readonly string[] Output =
    [
        "I: chroot architecture amd64 is equal to the host's architecture",
        "I: running apt-get update...",
        "Get:1 http://deb.debian.org/debian bookworm InRelease [151 kB]",
        "I: downloading packages with apt...",
        "0 upgraded, 2 newly installed, 0 to remove and 0 not upgraded.",
        "Need to get 38.0 MB of archives.",
        "Get:1 http://deb.debian.org/debian bookworm/main amd64 libc6 amd64 2.36-9 [2487 kB]",
        "Get:2 http://deb.debian.org/debian bookworm/main amd64 bash amd64 5.2.15-2 [1487 kB]",
        "I: extracting archives...",
        "I: installing essential packages...",
        "Unpacking libc6:amd64 (2.36-9) over (2.36-9) ...",
        "Unpacking bash (5.2.15-2) ...",
        "Setting up libc6:amd64 (2.36-9) ...",
        "Setting up bash (5.2.15-2) ...",
        "I: installing remaining packages inside the chroot...",
        "0 upgraded, 1 newly installed, 0 to remove and 0 not upgraded.",
        "Get:1 http://deb.debian.org/debian bookworm/main amd64 file amd64 1:5.44-3 [42 kB]",
        "Unpacking file (1:5.44-3) ...",
        "Setting up file (1:5.44-3) ...",
        "I: running --customize-hook in shell: sh -c 'true' exec /tmp/root",
        "I: cleaning package lists and apt cache...",
        "I: success in 14.2735 seconds",
    ];

    [Fact]
    public void Progress_never_falls_and_ends_where_the_checks_begin()
    {
        var parser = new BuildOutputParser("tiny");

        var updates = Output.Select(parser.Read).OfType<TemplateBuildProgress>().ToList();

        Assert.Equal(updates.Select(update => update.Fraction).Order(), updates.Select(update => update.Fraction));
        Assert.All(updates, update => Assert.InRange(update.Fraction, 0, BuildOutputParser.ChecksBegin));
        Assert.Equal(TemplateBuildStage.Customizing, updates[^1].Stage);
    }

    [Fact]
    public void A_package_that_is_fetched_or_set_up_is_named()
    {
        var parser = new BuildOutputParser("tiny");

        var updates = Output.Select(parser.Read).OfType<TemplateBuildProgress>().ToList();

        Assert.Contains(updates, update => update is { Stage: TemplateBuildStage.Downloading, Detail: "libc6" });
        Assert.Contains(updates, update => update is { Stage: TemplateBuildStage.Installing, Detail: "file" });
    }

    [Theory]
    [InlineData("")]
    [InlineData("dpkg: warning: something")]
    [InlineData("99999999999999999999 newly installed")]
    public void Other_lines_tell_nothing(string line) => Assert.Null(new BuildOutputParser("tiny").Read(line));
}
