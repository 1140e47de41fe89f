using System.Runtime.InteropServices;
using Hopx.Client;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Hopx.ControlPlane.Setup;

/// <summary>
/// Finds a native program that goes into sandboxes: where a setting says, beside the program, or published from the sources that the program runs from.
/// </summary>
internal abstract partial class SandboxProgram(
    IOptions<ControlPlaneOptions> options, AgentSearch search, PackageInstaller installer, TimeProvider time, ILogger logger)
{
    private const string Unfinished = ".unfinished";

    private string? _found;

    /// <summary>What people call it.</summary>
    protected abstract string Title { get; }

    protected abstract string ProgramName { get; }

    /// <summary>Variable that names one to use; null when there is none.</summary>
    protected virtual string? Setting => null;

    protected virtual string? Configured => null;

    /// <summary>Folder of published ones.</summary>
    protected abstract string CacheName { get; }

    /// <summary>Folder of the project in a checkout.</summary>
    protected abstract string Project { get; }

    /// <summary>Folders and files of the checkout that it is built from.</summary>
    protected abstract IReadOnlyList<string> Inputs { get; }

    /// <summary>What is wrong with the file; null when nothing is.</summary>
    protected abstract string? FindFault(string path);

    /// <summary>Path of the program; null when it has yet to be published.</summary>
    public string? Find()
    {
        if (Configured is { Length: > 0 } configured)
        {
            var path = Path.GetFullPath(configured);
            return FindFault(path) is { } fault
                ? throw new HopxException(HopxErrorCode.InvalidConfiguration, $"{Setting} is '{path}', which cannot be used: {fault}. Set it to a published {ProgramName}, or leave it out.")
                : path;
        }

        // Beside a build, as opposed to a published program, lies at most a managed one, which is no good.
        return Path.Combine(search.ProgramDirectory, ProgramName) is var beside && File.Exists(beside) && FindFault(beside) is null
            ? beside
            : search.Sources is { } sources ? FindPublished(sources.ComputeHash(Inputs)) : null;
    }

    /// <summary>The same, looked for once it is there: for those who ask often and would not make it.</summary>
    public string? FindOnce() => _found ??= Find();

    /// <summary>What is needed to make it; empty when it is there or cannot be made here.</summary>
    public IReadOnlyList<HostPackage> PackagesToMakeIt => search.Sources is null ? [] : HostPackage.ForAgentBuild;

    /// <summary>The program, published from the sources if need be; once found it is not looked for again, since every sandbox asks.</summary>
    public async Task<string> EnsureAsync(Action<string> onLine, CancellationToken cancellationToken) =>
        _found ??= await FindOrPublishAsync(onLine, cancellationToken);

    private async Task<string> FindOrPublishAsync(Action<string> onLine, CancellationToken cancellationToken)
    {
        if (Find() is { } found)
        {
            return found;
        }

        if (search.Sources is not { } sources)
        {
            throw new HopxException(
                HopxErrorCode.MachineNotReady,
                $"The {Title} '{ProgramName}' is not beside the program in '{search.ProgramDirectory}'. Put it there{OrSetting}.");
        }

        await installer.InstallAsync(HostPackage.ForAgentBuild, onLine, cancellationToken);
        var hash = sources.ComputeHash(Inputs);
        var cache = Caches().FirstOrDefault(CanWrite)
            ?? throw new HopxException(HopxErrorCode.InvalidConfiguration, $"The {Title} can be kept in none of {string.Join(", ", Caches())}: make one of them writable.");
        using var held = await FileLock.AcquireAsync(Path.Combine(cache, ".lock"), time, () => onLine($"another process is publishing the {Title}"), cancellationToken);
        return FindPublished(hash) ?? await PublishAsync(sources, cache, hash, onLine, cancellationToken);
    }

    private async Task<string> PublishAsync(AgentSources sources, string cache, string hash, Action<string> onLine, CancellationToken cancellationToken)
    {
        // Only the holder of the lock publishes, so this can only be what a killed one left behind.
        var project = Path.Combine(sources.Root, Project);
        var workplace = Path.Combine(cache, Unfinished);
        DeleteIfThere(workplace);
        var started = time.GetTimestamp();
        try
        {
            // All output goes to the workplace: a build of the checkout that runs at the same time is not disturbed.
            string[] arguments =
            [
                "publish", project, "--configuration", "Release", "--runtime", RuntimeIdentifier(), "--artifacts-path", Path.Combine(workplace, "artifacts"),
                "--output", Path.Combine(workplace, "out"), "--disable-build-servers", "-nodeReuse:false", "-p:UseSharedCompilation=false", "-p:DebugType=none",
            ];
            var result = await new HostCommand(DotNetPath(), arguments) { WorkingDirectory = sources.Root, Environment = BuildEnvironment() }
                .RunAsync(onLine, cancellationToken);
            var made = Path.Combine(workplace, "out", ProgramName);
            if (result.ExitCode != 0)
            {
                throw new HopxException(
                    HopxErrorCode.MachineNotReady,
                    $"The {Title} could not be published from '{project}': dotnet ended with exit code {result.ExitCode}. Its last lines:\n{result.Tail}");
            }

            if (FindFault(made) is { } fault)
            {
                throw new HopxException(HopxErrorCode.MachineNotReady, $"The {Title} published from '{project}' cannot be used: {fault}. Run 'hopx-mcp doctor'.");
            }

            var place = Path.Combine(cache, hash);
            Directory.CreateDirectory(place);
            File.Move(made, Path.Combine(place, ProgramName), overwrite: true);
            LogPublished(Title, place, time.GetElapsedTime(started).TotalSeconds);
            return Path.Combine(place, ProgramName);
        }
        finally
        {
            DeleteIfThere(workplace);
        }
    }

    /// <summary>In the checkout, where every home finds it; else in the home, since the checkout may belong to someone else.</summary>
    private IEnumerable<string> Caches()
    {
        if (search.Sources is { } sources)
        {
            yield return Path.Combine(sources.Root, "artifacts", CacheName);
        }

        yield return Path.Combine(Path.GetFullPath(options.Value.Home), CacheName);
    }

    private string? FindPublished(string hash) =>
        Caches().Select(cache => Path.Combine(cache, hash, ProgramName)).FirstOrDefault(path => FindFault(path) is null);

    private static bool CanWrite(string cache)
    {
        try
        {
            Directory.CreateDirectory(cache);
            using var probe = File.Create(Path.Combine(cache, $".probe-{Guid.NewGuid():N}"), bufferSize: 1, FileOptions.DeleteOnClose);
            return true;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }

    private static void DeleteIfThere(string directory)
    {
        if (Directory.Exists(directory))
        {
            Directory.Delete(directory, recursive: true);
        }
    }

    private string OrSetting => Setting is { } name ? $", or set {name} to it" : "";

    private string RuntimeIdentifier() => RuntimeInformation.OSArchitecture switch
    {
        Architecture.X64 => "linux-x64",
        Architecture.Arm64 => "linux-arm64",
        var other => throw new HopxException(HopxErrorCode.MachineNotReady, $"No {Title} can be published for a processor of kind {other}; x64 and arm64 are supported."),
    };

    private string DotNetPath()
    {
        var running = Environment.ProcessPath;
        return Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } host && File.Exists(host) ? host
            : Path.GetFileName(running) == "dotnet" ? running!
            : HostPackage.FindInPath("dotnet")
            ?? throw new HopxException(HopxErrorCode.MachineNotReady, $"The {Title} is published from source, and no .NET SDK is in PATH. Install the .NET SDK 10{OrSetting}.");
    }

    /// <summary>This process's environment without our secrets, and without what dotnet run and dotnet test tell their own children about builds.</summary>
    private static Dictionary<string, string> BuildEnvironment()
    {
        var environment = new Dictionary<string, string>();
        foreach (System.Collections.DictionaryEntry variable in Environment.GetEnvironmentVariables())
        {
            var name = (string)variable.Key;
            if (!name.StartsWith("HOPX_", StringComparison.Ordinal)
                && !name.StartsWith("MSBUILD", StringComparison.OrdinalIgnoreCase)
                && !name.StartsWith("VSTEST_", StringComparison.OrdinalIgnoreCase))
            {
                environment[name] = (string)variable.Value!;
            }
        }

        environment["PATH"] = $"{environment.GetValueOrDefault("PATH")}:{HostCommand.SystemPath}";
        environment["MSBUILDDISABLENODEREUSE"] = "1";
        environment["DOTNET_CLI_TELEMETRY_OPTOUT"] = "1";
        environment["DOTNET_NOLOGO"] = "1";
        return environment;
    }

    [LoggerMessage(LogLevel.Information, "The {Title} is published to {Directory} in {Seconds:F1} s.")]
    private partial void LogPublished(string title, string directory, double seconds);
}
