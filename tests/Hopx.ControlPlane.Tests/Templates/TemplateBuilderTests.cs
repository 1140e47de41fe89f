using System.Collections.Concurrent;
using Hopx.Client;
using Hopx.ControlPlane.Setup;
using Hopx.ControlPlane.Templates;

namespace Hopx.ControlPlane.Tests.Templates;

public sealed class TemplateBuilderTests(BuilderFixture fixture) : IClassFixture<BuilderFixture>
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_unknown_package_fails_with_what_apt_said_and_leaves_nothing()
    {
        fixture.SkipUnlessReady();
        var recipe = TinyRecipe.Create("broken") with { Packages = ["no-such-package-anywhere"] };

        var failure = await Assert.ThrowsAsync<HopxException>(() => fixture.Builder().EnsureBuiltAsync(recipe, progress: null, Token));

        Assert.Equal(HopxErrorCode.TemplateBuildFailed, failure.Code);
        Assert.Contains("Unable to locate package no-such-package-anywhere", failure.Message, StringComparison.Ordinal);
        Assert.Empty(fixture.Unfinished);
        Assert.Empty(fixture.Builder().Builds("broken"));
    }

    [Fact]
    public async Task A_failing_check_fails_the_build_and_leaves_nothing()
    {
        fixture.SkipUnlessReady();
        var recipe = TinyRecipe.Create("unchecked") with { Checks = [new TemplateCheck("wrong", "echo 41", "42")] };

        var failure = await Assert.ThrowsAsync<HopxException>(() => fixture.Builder().EnsureBuiltAsync(recipe, progress: null, Token));

        Assert.Contains("its check 'wrong' printed no '42':\n41", failure.Message, StringComparison.Ordinal);
        Assert.Empty(fixture.Unfinished);
        Assert.Empty(fixture.Builder().Builds("unchecked"));
    }

    [Fact]
    public async Task A_cancelled_build_ends_with_all_its_processes_and_leaves_nothing()
    {
        fixture.SkipUnlessReady();
        using var source = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var progress = new Watcher(update =>
        {
            if (update is { Stage: TemplateBuildStage.Installing })
            {
                source.Cancel();
            }
        });
        var recipe = TinyRecipe.Create("cancelled");

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => fixture.Builder().EnsureBuiltAsync(recipe, progress, source.Token));

        Assert.Empty(fixture.Unfinished);
        Assert.Empty(fixture.Builder().Builds("cancelled"));
        Assert.DoesNotContain(CommandLines(), line => line.Contains("mmdebstrap", StringComparison.Ordinal) && line.Contains("cancelled", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Two_builders_at_once_make_one_build_that_then_is_found_at_once()
    {
        fixture.SkipUnlessReady();
        var recipe = TinyRecipe.Create("shared");
        var first = new Watcher();
        var second = new Watcher();

        var builts = await Task.WhenAll(
            fixture.Builder().EnsureBuiltAsync(recipe, first, Token),
            fixture.Builder().EnsureBuiltAsync(recipe, second, Token));

        Assert.Equal(builts[0], builts[1], (one, other) => one.Directory == other.Directory);
        Assert.Single(fixture.Builder().Builds("shared"));
        Assert.Single([first, second], watcher => watcher.Updates.Any(update => update.Stage is TemplateBuildStage.Waiting));
        Assert.Single([first, second], watcher => watcher.Updates.Any(update => update.Stage is TemplateBuildStage.Verifying));

        var third = new Watcher();
        await fixture.Builder().EnsureBuiltAsync(recipe, third, Token);
        Assert.Equal(TemplateBuildStage.Ready, Assert.Single(third.Updates).Stage);

        var ids = SubordinateIds.Find(HostUser.Current())!;
        var built = builts[0];
        Assert.Equal((ids.FirstUser, ids.FirstGroup), await OwnerAsync(Path.Combine(built.Rootfs, "etc", "hopx-test")));
        Assert.Equal("made\n", await File.ReadAllTextAsync(Path.Combine(built.Rootfs, "etc", "hopx-test"), Token));
        Assert.Equal("/workspace", built.Manifest.WorkingDirectory);
        Assert.InRange(built.Manifest.PackageCount, 50, 200);

        // Nothing of the machine that built it, nothing that apt left.
        Assert.Equal("sandbox\n", await File.ReadAllTextAsync(Path.Combine(built.Rootfs, "etc", "hostname"), Token));
        Assert.Equal("", await File.ReadAllTextAsync(Path.Combine(built.Rootfs, "etc", "resolv.conf"), Token));
        Assert.False(File.Exists(Path.Combine(built.Rootfs, "etc", "apt", "apt.conf.d", "99mmdebstrap")));
        Assert.Empty(Directory.GetFileSystemEntries(Path.Combine(built.Rootfs, "dev")));
        Assert.Empty(Directory.GetFiles(Path.Combine(built.Rootfs, "var", "cache", "apt", "archives"), "*.deb"));

        await fixture.Builder().RemoveAsync("shared", build => build == built.Manifest.BuildId, Token);
        Assert.Single(fixture.Builder().Builds("shared"));
        await fixture.Builder().RemoveAsync("shared", _ => false, Token);
        Assert.Empty(fixture.Builder().Builds("shared"));
        Assert.Empty(fixture.Unfinished);
    }

    [Fact]
    public async Task What_a_killed_build_left_behind_is_removed_at_the_next_start()
    {
        fixture.SkipUnlessReady();
        var ids = SubordinateIds.Find(HostUser.Current())!;
        var remains = Path.Combine(fixture.TemplatesPath, ".unfinished", "killed");
        Directory.CreateDirectory(remains);
        await new HostCommand("unshare", [.. ids.OwnerNamespace, "sh", "-c", "mkdir rootfs && : > rootfs/file && chown -R 1:1 rootfs && chmod 0 rootfs"])
        {
            WorkingDirectory = remains,
        }.RunAsync(onLine: null, Token);

        await fixture.Builder().RemoveRemainsAsync(Token);

        Assert.False(Directory.Exists(remains));
    }

    private static async Task<(uint User, uint Group)> OwnerAsync(string path)
    {
        var result = await new HostCommand("stat", ["--format", "%u %g", path]).RunAsync(onLine: null, Token);
        return result.Tail.Split(' ') is [var user, var group]
            ? (uint.Parse(user, System.Globalization.CultureInfo.InvariantCulture), uint.Parse(group, System.Globalization.CultureInfo.InvariantCulture))
            : throw new InvalidOperationException(result.Tail);
    }

    private static IEnumerable<string> CommandLines()
    {
        foreach (var directory in Directory.EnumerateDirectories("/proc").Where(path => char.IsAsciiDigit(Path.GetFileName(path)[0])))
        {
            var line = "";
            try
            {
                line = File.ReadAllText(Path.Combine(directory, "cmdline"));
            }
            catch (IOException)
            {
                // It ended while we looked.
            }

            yield return line;
        }
    }

    private sealed class Watcher(Action<TemplateBuildProgress>? onUpdate = null) : IProgress<TemplateBuildProgress>
    {
        private readonly ConcurrentQueue<TemplateBuildProgress> _updates = new();

        public IReadOnlyCollection<TemplateBuildProgress> Updates => _updates;

        public void Report(TemplateBuildProgress value)
        {
            _updates.Enqueue(value);
            onUpdate?.Invoke(value);
        }
    }
}
