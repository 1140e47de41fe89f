using System.Runtime.InteropServices;
using Hopx.Client;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Hopx.ControlPlane.Setup;

/// <summary>
/// Finds the native agent: where the setting says, beside the program, or published from the sources that the program runs from.
/// </summary>
internal sealed partial class AgentBinary(
    IOptions<ControlPlaneOptions> options, AgentSearch search, PackageInstaller installer, TimeProvider time, ILogger<AgentBinary> logger)
{
    public const string FileName = "hopx-agent";

    private const string Unfinished = ".unfinished";

    private string? _found;

    /// <summary>Path of the agent; null when it has yet to be published.</summary>
    public string? Find()
    {
        if (options.Value.AgentPath is { Length: > 0 } configured)
        {
            var path = Path.GetFullPath(configured);
            return StaticExecutable.FindFault(path) is { } fault
                ? throw new HopxException(HopxErrorCode.InvalidConfiguration, $"HOPX_AGENT_PATH is '{path}', which cannot be used: {fault}. Set it to a published hopx-agent, or leave it out.")
                : path;
        }

        // Beside a build, as opposed to a published program, lies at most a managed agent, which is no good.
        return Path.Combine(search.ProgramDirectory, FileName) is var beside && File.Exists(beside) && StaticExecutable.FindFault(beside) is null
            ? beside
            : search.Sources is { } sources ? FindPublished(sources.ComputeHash()) : null;
    }

    /// <summary>The same, looked for once it is there: for those who ask often and would not make it.</summary>
    public string? FindOnce() => _found ??= Find();

    /// <summary>What is needed to make the agent; empty when it is there or cannot be made here.</summary>
    public IReadOnlyList<HostPackage> PackagesToMakeIt => search.Sources is null ? [] : HostPackage.ForAgentBuild;

    /// <summary>The agent, published from the sources if need be; once found it is not looked for again, since every sandbox asks.</summary>
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
                $"The agent '{FileName}' is not beside the program in '{search.ProgramDirectory}'. Put it there, or set HOPX_AGENT_PATH to it.");
        }

        await installer.InstallAsync(HostPackage.ForAgentBuild, onLine, cancellationToken);
        var hash = sources.ComputeHash();
        var cache = Caches().FirstOrDefault(CanWrite)
            ?? throw new HopxException(HopxErrorCode.InvalidConfiguration, $"The agent can be kept in none of {string.Join(", ", Caches())}: make one of them writable.");
        using var held = await FileLock.AcquireAsync(Path.Combine(cache, ".lock"), time, () => onLine("another process is publishing the agent"), cancellationToken);
        return FindPublished(hash) ?? await PublishAsync(sources, cache, hash, onLine, cancellationToken);
    }

    private async Task<string> PublishAsync(AgentSources sources, string cache, string hash, Action<string> onLine, CancellationToken cancellationToken)
    {
        // Only the holder of the lock publishes, so this can only be what a killed one left behind.
        var workplace = Path.Combine(cache, Unfinished);
        DeleteIfThere(workplace);
        var started = time.GetTimestamp();
        try
        {
            // All output goes to the workplace: a build of the checkout that runs at the same time is not disturbed.
            string[] arguments =
            [
                "publish", sources.Project, "--configuration", "Release", "--runtime", RuntimeIdentifier(), "--artifacts-path", Path.Combine(workplace, "artifacts"),
                "--output", Path.Combine(workplace, "out"), "--disable-build-servers", "-nodeReuse:false", "-p:UseSharedCompilation=false", "-p:DebugType=none",
            ];
            var result = await new HostCommand(DotNetPath(), arguments) { WorkingDirectory = sources.Root, Environment = BuildEnvironment() }
                .RunAsync(onLine, cancellationToken);
            var made = Path.Combine(workplace, "out", FileName);
            if (result.ExitCode != 0)
            {
                throw new HopxException(
                    HopxErrorCode.MachineNotReady,
                    $"The agent could not be published from '{sources.Project}': dotnet ended with exit code {result.ExitCode}. Its last lines:\n{result.Tail}");
            }

            if (StaticExecutable.FindFault(made) is { } fault)
            {
                throw new HopxException(HopxErrorCode.MachineNotReady, $"The agent published from '{sources.Project}' cannot be used: {fault}. Run 'hopx-mcp doctor'.");
            }

            var place = Path.Combine(cache, hash);
            Directory.CreateDirectory(place);
            File.Move(made, Path.Combine(place, FileName), overwrite: true);
            LogPublished(place, time.GetElapsedTime(started).TotalSeconds);
            return Path.Combine(place, FileName);
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
            yield return Path.Combine(sources.Root, "artifacts", "agent");
        }

        yield return Path.Combine(Path.GetFullPath(options.Value.Home), "agent");
    }

    private string? FindPublished(string hash) =>
        Caches().Select(cache => Path.Combine(cache, hash, FileName)).FirstOrDefault(path => StaticExecutable.FindFault(path) is null);

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

    private static string RuntimeIdentifier() => RuntimeInformation.OSArchitecture switch
    {
        Architecture.X64 => "linux-x64",
        Architecture.Arm64 => "linux-arm64",
        var other => throw new HopxException(HopxErrorCode.MachineNotReady, $"No agent can be published for a processor of kind {other}; x64 and arm64 are supported."),
    };

    private static string DotNetPath()
    {
        var running = Environment.ProcessPath;
        return Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } host && File.Exists(host) ? host
            : Path.GetFileName(running) == "dotnet" ? running!
            : HostPackage.FindInPath("dotnet")
            ?? throw new HopxException(HopxErrorCode.MachineNotReady, "The agent is published from source, and no .NET SDK is in PATH. Install the .NET SDK 10, or set HOPX_AGENT_PATH to a published hopx-agent.");
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

    [LoggerMessage(LogLevel.Information, "The agent is published to {Directory} in {Seconds:F1} s.")]
    private partial void LogPublished(string directory, double seconds);
}

/// <summary>Where the agent is looked for.</summary>
internal sealed record AgentSearch(string ProgramDirectory, AgentSources? Sources)
{
    public static AgentSearch OfThisProgram() => new(AppContext.BaseDirectory, AgentSources.Above(AppContext.BaseDirectory));
}
