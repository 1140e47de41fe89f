using System.Collections.Concurrent;
using System.Globalization;
using System.Text.Json;
using Hopx.Client;
using Hopx.ControlPlane.Setup;
using Microsoft.Extensions.Logging;

namespace Hopx.ControlPlane.Templates;

/// <summary>
/// Builds root file systems with mmdebstrap. A build happens in a directory of its own and is renamed into place when it
/// has been verified, so that whatever has a template's name is whole.
/// </summary>
internal sealed partial class TemplateBuilder(TemplateDirectory directory, HostUser user, TimeProvider time, ILogger<TemplateBuilder> logger)
{
    /// <summary>Part of every recipe's hash: raise it when builds come out differently though no recipe changed.</summary>
    public const string LayoutVersion = "1";

    /// <summary>Packages kept for the next build; beyond this they are all thrown away.</summary>
    private const long LargestPackageCache = 2L * 1024 * 1024 * 1024;

    private const string Unfinished = ".unfinished";
    private const string ManifestFile = "template.json";

    private readonly ConcurrentDictionary<string, TemplateBuildProgress> _running = new();
    private readonly ConcurrentDictionary<TemplateRecipe, Found> _found = new(ReferenceEqualityComparer.Instance);

    /// <summary>How far this process is with building the template; null when it is not.</summary>
    public TemplateBuildProgress? Running(string name) => _running.GetValueOrDefault(name);

    /// <summary>The newest build of exactly this recipe; null when one has yet to be made.</summary>
    public BuiltTemplate? Find(TemplateRecipe recipe)
    {
        // Asked at every create. A build comes and goes by a rename, which the time of the directory above it tells; looked at first, so that a rename meanwhile is not missed.
        var changed = Directory.GetLastWriteTimeUtc(Path.Combine(directory.Path, recipe.Name));
        if (_found.TryGetValue(recipe, out var known) && known.Changed == changed && Directory.Exists(known.Build.Rootfs))
        {
            return known.Build;
        }

        var build = Search(recipe);
        if (build is not null)
        {
            _found[recipe] = new Found(build, changed);
        }

        return build;
    }

    private BuiltTemplate? Search(TemplateRecipe recipe)
    {
        var hash = recipe.ComputeHash();
        var ids = SubordinateIds.Find(user);
        return Builds(recipe.Name)
            .Where(build => build.Manifest.RecipeHash == hash && ids is not null
                && build.Manifest.FirstUser == ids.FirstUser && build.Manifest.FirstGroup == ids.FirstGroup)
            .MaxBy(build => build.Manifest.CreatedAt);
    }

    /// <summary>The template, built now if it is not there yet; waits for another process that is building.</summary>
    public async Task<BuiltTemplate> EnsureBuiltAsync(TemplateRecipe recipe, IProgress<TemplateBuildProgress>? progress, CancellationToken cancellationToken)
    {
        await RemoveRemainsAsync(cancellationToken);
        var built = Find(recipe) ?? await BuildAsync(recipe, rebuild: false, progress, cancellationToken);
        progress?.Report(new TemplateBuildProgress(recipe.Name, TemplateBuildStage.Ready, 1, $"{built.Manifest.RootfsBytes >> 20} MiB"));
        return built;
    }

    /// <summary>Builds the template even when it is there, for the sake of newer packages.</summary>
    public Task<BuiltTemplate> RebuildAsync(TemplateRecipe recipe, IProgress<TemplateBuildProgress>? progress, CancellationToken cancellationToken) =>
        BuildAsync(recipe, rebuild: true, progress, cancellationToken);

    /// <summary>Removes what builds left behind that were killed, unless a build is under way.</summary>
    public async Task RemoveRemainsAsync(CancellationToken cancellationToken)
    {
        if (Remains().Length > 0 && FileLock.TryAcquire(LockPath) is { } held)
        {
            using (held)
            {
                await RemoveRemainsLockedAsync(cancellationToken);
            }
        }
    }

    /// <summary>Removes builds of a template. One that <paramref name="isInUse"/> names stays, since sandboxes read their files from it.</summary>
    public async Task RemoveAsync(string name, Func<string, bool> isInUse, CancellationToken cancellationToken)
    {
        if (!Directory.Exists(Path.Combine(directory.Path, name)))
        {
            return;
        }

        using var held = await AcquireAsync(name, progress: null, cancellationToken);
        foreach (var build in Builds(name).Where(build => !isInUse(build.Manifest.BuildId)))
        {
            // Renamed first: a half removed template must not have a template's name.
            TemplateDirectory.Make(Path.Combine(directory.Path, Unfinished));
            Directory.Move(build.Directory, Path.Combine(directory.Path, Unfinished, $"removed-{Guid.NewGuid():N}"));
        }

        await RemoveRemainsLockedAsync(cancellationToken);
    }

    /// <summary>Every finished build of the name.</summary>
    public IEnumerable<BuiltTemplate> Builds(string name)
    {
        var builds = new DirectoryInfo(Path.Combine(directory.Path, name));
        if (!builds.Exists)
        {
            yield break;
        }

        foreach (var build in builds.EnumerateDirectories())
        {
            if (ReadManifest(Path.Combine(build.FullName, ManifestFile)) is { } manifest)
            {
                yield return new BuiltTemplate(manifest, build.FullName);
            }
        }
    }

    private string LockPath => Path.Combine(directory.Path, ".lock");

    private async Task<BuiltTemplate> BuildAsync(TemplateRecipe recipe, bool rebuild, IProgress<TemplateBuildProgress>? progress, CancellationToken cancellationToken)
    {
        if (new PackageInstaller(user).Check(HostPackage.ForSandboxes) is { IsReady: false } missing)
        {
            throw new HopxException(HopxErrorCode.MachineNotReady, $"Template '{recipe.Name}' cannot be built. {missing}");
        }

        directory.Create();
        using var held = await AcquireAsync(recipe.Name, progress, cancellationToken);
        await RemoveRemainsLockedAsync(cancellationToken);
        if (!rebuild && Find(recipe) is { } madeMeanwhile)
        {
            return madeMeanwhile;
        }

        var ids = SubordinateIds.Find(user) ?? throw new HopxException(
            HopxErrorCode.MachineNotReady,
            $"'{user.Name}' has no block of {SubordinateIds.Count} ids in /etc/subuid and /etc/subgid. Run 'hopx-mcp setup'.");
        RequireDiskSpace(recipe);

        var started = time.GetTimestamp();
        var relative = Path.Combine(Unfinished, $"{recipe.Name}-{Guid.NewGuid():N}");
        var workplace = Path.Combine(directory.Path, relative);
        try
        {
            Report(TemplateBuildStage.Preparing, 0, "the build directory");
            await PrepareAsync(ids, relative, cancellationToken);
            await InstallAsync(recipe, ids, relative, progress, cancellationToken);
            await VerifyAsync(recipe, ids, relative, progress, cancellationToken);
            var manifest = await DescribeAsync(recipe, ids, relative, time.GetElapsedTime(started), cancellationToken);
            var built = PutInPlace(workplace, manifest);
            LogBuilt(recipe.Name, manifest.BuildId, manifest.RootfsBytes >> 20, manifest.BuildTime.TotalSeconds);
            return built;
        }
        catch (Exception failure)
        {
            LogFailed(failure, recipe.Name);
            await RemoveRemainsLockedAsync(CancellationToken.None);
            throw;
        }
        finally
        {
            _running.TryRemove(recipe.Name, out _);
        }

        void Report(TemplateBuildStage stage, double fraction, string detail) =>
            ReportTo(progress, new TemplateBuildProgress(recipe.Name, stage, fraction, detail));
    }

    private Task<FileLock> AcquireAsync(string name, IProgress<TemplateBuildProgress>? progress, CancellationToken cancellationToken) =>
        FileLock.AcquireAsync(
            LockPath,
            time,
            () => progress?.Report(new TemplateBuildProgress(name, TemplateBuildStage.Waiting, 0, "another build to end")),
            cancellationToken);

    private async Task PrepareAsync(SubordinateIds ids, string relative, CancellationToken cancellationToken)
    {
        TemplateDirectory.Make(Path.Combine(directory.Path, Unfinished));
        TemplateDirectory.Make(Path.Combine(directory.Path, relative));
        TemplateDirectory.Make(Path.Combine(directory.Path, ".packages"));
        var packages = Packages(ids);
        var full = Directory.Exists(Path.Combine(directory.Path, packages)) && SizeOf(Path.Combine(directory.Path, packages)) > LargestPackageCache;
        const string script = """
            set -eu
            if [ "$3" = full ]; then rm -rf "$2"; fi
            mkdir -p "$1/rootfs" "$2"
            chown 1:1 "$1/rootfs" "$2"
            chmod 0755 "$1/rootfs" "$2"
            """;
        await RequireAsync(
            Unshare(ids.OwnerNamespace, "sh", "-c", script, "sh", relative, packages, full ? "full" : ""),
            "The directory for the build could not be made",
            onLine: null,
            cancellationToken);
    }

    private async Task InstallAsync(TemplateRecipe recipe, SubordinateIds ids, string relative, IProgress<TemplateBuildProgress>? progress, CancellationToken cancellationToken)
    {
        var sources = await DebianSources.OfThisMachineAsync(cancellationToken);
        var parser = new BuildOutputParser(recipe.Name);
        var environment = new Dictionary<string, string>(HostCommand.SystemEnvironment)
        {
            ["HOME"] = "/root",
            ["DEBIAN_FRONTEND"] = "noninteractive",
            ["HOPX_STEPS"] = StepsScript(recipe),
        };
        foreach (var proxy in new[] { "http_proxy", "https_proxy", "no_proxy" })
        {
            if (Environment.GetEnvironmentVariable(proxy) is { Length: > 0 } value)
            {
                environment[proxy] = value;
            }
        }

        string[] arguments =
        [
            .. ids.GuestNamespace, "--mount", "--pid", "--fork", "--mount-proc", "sh", "-c", Script("build-template.sh"), "build-template",
            Path.Combine(relative, "rootfs"), Packages(ids), .. MmdebstrapArguments(recipe, sources),
        ];
        await RequireAsync(
            new HostCommand("unshare", arguments) { WorkingDirectory = directory.Path, Environment = environment },
            $"Template '{recipe.Name}' could not be built",
            line =>
            {
                if (parser.Read(line) is { } update)
                {
                    ReportTo(progress, update);
                }
            },
            cancellationToken);
    }

    private static IEnumerable<string> MmdebstrapArguments(TemplateRecipe recipe, DebianSources sources) =>
    [
        "--mode=root", "--format=directory", "--variant=apt", "--verbose",
        $"--include={string.Join(',', recipe.Packages)}",
        // Nothing of a build that was cut short is ever used, so nothing need be forced to the disk on the way.
        "--dpkgopt=force-unsafe-io",
        .. recipe.ExcludedFiles.Select(pattern => $"--dpkgopt=path-exclude={pattern}"),
        "--dpkgopt=path-include=/usr/share/doc/*/copyright",
        "--aptopt=APT::Install-Recommends \"false\";", "--aptopt=Acquire::Languages \"none\";",
        .. sources.AptOptions.Select(option => $"--aptopt={option}"),
        // apt finds in the cache what an earlier build fetched, and leaves there what it fetches now.
        "--skip=essential/unlink",
        "--setup-hook=mkdir -p \"$1/var/cache/apt/archives\" && mount --bind /tmp/packages \"$1/var/cache/apt/archives\"",
        "--customize-hook=umount \"$1/var/cache/apt/archives\"",
        "--customize-hook=chroot \"$1\" env -i PATH=\"$PATH\" HOME=/root LANG=C.UTF-8 sh -euc \"$HOPX_STEPS\"",
        DebianSources.Suite, "/tmp/root",
        .. sources.Lines,
    ];

    /// <summary>The recipe's steps, then what every template has: nothing in it tells of the machine that built it.</summary>
    private static string StepsScript(TemplateRecipe recipe) =>
        $$"""
        {{string.Join('\n', recipe.Steps)}}
        mkdir -p -m 0755 {{recipe.WorkingDirectory}}
        rm -f /etc/apt/apt.conf.d/99mmdebstrap /etc/apt/sources.list.d/* /etc/resolv.conf
        cat > /etc/apt/sources.list <<'END'
        {{string.Join('\n', DebianSources.Standard)}}
        END
        echo sandbox > /etc/hostname
        printf '127.0.0.1 localhost sandbox\n::1 localhost sandbox\n' > /etc/hosts
        : > /etc/resolv.conf
        """;

    private async Task VerifyAsync(TemplateRecipe recipe, SubordinateIds ids, string relative, IProgress<TemplateBuildProgress>? progress, CancellationToken cancellationToken)
    {
        for (var index = 0; index < recipe.Checks.Count; index++)
        {
            var check = recipe.Checks[index];
            var fraction = BuildOutputParser.ChecksBegin + ((1 - BuildOutputParser.ChecksBegin) * index / recipe.Checks.Count);
            ReportTo(progress, new TemplateBuildProgress(recipe.Name, TemplateBuildStage.Verifying, fraction, check.Name));
            string[] arguments =
            [
                .. ids.GuestNamespace, "--mount", "--pid", "--net", "--ipc", "--uts", "--fork", "--mount-proc",
                "sh", "-c", Script("run-in-template.sh"), "run-in-template", Path.Combine(relative, "rootfs"), recipe.WorkingDirectory, check.Command,
                "PYTHONDONTWRITEBYTECODE=1", .. recipe.Environment.Select(pair => $"{pair.Key}={pair.Value}"),
            ];
            var result = await RequireAsync(
                new HostCommand("unshare", arguments) { WorkingDirectory = directory.Path },
                $"Template '{recipe.Name}' was built, but its check '{check.Name}' fails",
                onLine: null,
                cancellationToken);
            if (!result.Tail.Contains(check.ExpectedOutput, StringComparison.Ordinal))
            {
                throw new HopxException(
                    HopxErrorCode.TemplateBuildFailed,
                    $"Template '{recipe.Name}' was built, but its check '{check.Name}' printed no '{check.ExpectedOutput}':\n{result.Tail}");
            }
        }
    }

    private async Task<TemplateManifest> DescribeAsync(TemplateRecipe recipe, SubordinateIds ids, string relative, TimeSpan buildTime, CancellationToken cancellationToken)
    {
        // Files that only the sandbox's root can read are counted by its root.
        const string script = """du -s --block-size=1 "$1" | cut -f 1; ls "$1/var/lib/dpkg/info" | grep -c '\.list$'""";
        var measured = await RequireAsync(
            Unshare(ids.OwnerNamespace, "sh", "-c", script, "sh", Path.Combine(relative, "rootfs")),
            $"Template '{recipe.Name}' could not be measured",
            onLine: null,
            cancellationToken);
        var numbers = measured.Tail.Split('\n');
        var hash = recipe.ComputeHash();
        var now = time.GetUtcNow();
        return new TemplateManifest
        {
            Id = recipe.Id,
            Name = recipe.Name,
            BuildId = $"{hash}-{now.ToString("yyyyMMddHHmmss", CultureInfo.InvariantCulture)}",
            RecipeHash = hash,
            CreatedAt = now,
            BuildTime = buildTime,
            RootfsBytes = long.Parse(numbers[0], CultureInfo.InvariantCulture),
            PackageCount = int.Parse(numbers[1], CultureInfo.InvariantCulture),
            WorkingDirectory = recipe.WorkingDirectory,
            Environment = recipe.Environment,
            DefaultResources = recipe.DefaultResources,
            FirstUser = ids.FirstUser,
            FirstGroup = ids.FirstGroup,
        };
    }

    private BuiltTemplate PutInPlace(string workplace, TemplateManifest manifest)
    {
        File.WriteAllText(Path.Combine(workplace, ManifestFile), JsonSerializer.Serialize(manifest, TemplateJson.Default.TemplateManifest));
        var name = Path.Combine(directory.Path, manifest.Name);
        TemplateDirectory.Make(name);
        var place = Path.Combine(name, manifest.BuildId);
        Directory.Move(workplace, place);
        return new BuiltTemplate(manifest, place);
    }

    private string[] Remains()
    {
        var unfinished = Path.Combine(directory.Path, Unfinished);
        return Directory.Exists(unfinished) ? [.. Directory.EnumerateFileSystemEntries(unfinished).Select(path => Path.GetFileName(path)!)] : [];
    }

    private async Task RemoveRemainsLockedAsync(CancellationToken cancellationToken)
    {
        if (Remains() is not { Length: > 0 } remains)
        {
            return;
        }

        if (SubordinateIds.Find(user) is not { } ids)
        {
            // Without its ids this user cannot touch their files, and nothing can be built either.
            return;
        }

        LogRemoving(remains.Length);
        // Processes of a build whose program was killed a moment ago may still be writing, so once more if need be.
        const string script = """for try in 1 2 3 4 5; do rm -rf -- "$@" && exit 0; sleep 0.2; done; exit 1""";
        var result = await Unshare(ids.OwnerNamespace, ["sh", "-c", script, "sh", .. remains.Select(name => Path.Combine(Unfinished, name))])
            .RunAsync(onLine: null, cancellationToken);
        if (result.ExitCode != 0)
        {
            LogNotRemoved(result.Tail);
        }
    }

    private HostCommand Unshare(IReadOnlyList<string> space, params IReadOnlyList<string> command) =>
        new("unshare", [.. space, .. command]) { WorkingDirectory = directory.Path };

    private static async Task<HostCommandResult> RequireAsync(HostCommand command, string otherwise, Action<string>? onLine, CancellationToken cancellationToken)
    {
        var result = await command.RunAsync(onLine, cancellationToken);
        return result.ExitCode == 0
            ? result
            : throw new HopxException(
                HopxErrorCode.TemplateBuildFailed,
                $"{otherwise}: it ended with exit code {result.ExitCode}. Its last lines:\n{result.Tail}");
    }

    private void RequireDiskSpace(TemplateRecipe recipe)
    {
        var free = new DriveInfo(directory.Path).AvailableFreeSpace >> 20;
        if (free < recipe.NeededDiskMib)
        {
            throw new HopxException(
                HopxErrorCode.MachineNotReady,
                $"Building template '{recipe.Name}' needs {recipe.NeededDiskMib} MiB, and '{directory.Path}' has {free} MiB free. Free some, or set HOPX_HOME to a directory on a larger disk.");
        }
    }

    private void ReportTo(IProgress<TemplateBuildProgress>? progress, TemplateBuildProgress update)
    {
        _running[update.Template] = update;
        progress?.Report(update);
    }

    /// <summary>A cache for each block of ids, since apt's own directories in it belong to them.</summary>
    private static string Packages(SubordinateIds ids) => Path.Combine(".packages", ids.FirstUser.ToString(CultureInfo.InvariantCulture));

    private static long SizeOf(string path) =>
        new DirectoryInfo(path).EnumerateFiles("*", new EnumerationOptions { RecurseSubdirectories = true, IgnoreInaccessible = true }).Sum(file => file.Length);

    private static TemplateManifest? ReadManifest(string path)
    {
        try
        {
            return JsonSerializer.Deserialize(File.ReadAllBytes(path), TemplateJson.Default.TemplateManifest);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or JsonException)
        {
            // What cannot be read is no template; the next build takes its place.
            return null;
        }
    }

    private static string Script(string name) => EmbeddedScript.Read($"Templates.{name}");

    /// <summary>A build that was found, while the directory above it is as it was.</summary>
    private sealed record Found(BuiltTemplate Build, DateTime Changed);

    [LoggerMessage(LogLevel.Information, "Template {Template} is built as {BuildId}: {Mebibytes} MiB in {Seconds:F1} s.")]
    private partial void LogBuilt(string template, string buildId, long mebibytes, double seconds);

    [LoggerMessage(LogLevel.Warning, "Template {Template} was not built; what was made of it is removed.")]
    private partial void LogFailed(Exception failure, string template);

    [LoggerMessage(LogLevel.Information, "Removing what {Count} unfinished builds left behind.")]
    private partial void LogRemoving(int count);

    [LoggerMessage(LogLevel.Warning, "Remains of unfinished builds could not be removed: {Output}")]
    private partial void LogNotRemoved(string output);
}
