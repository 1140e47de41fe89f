using System.Diagnostics;
using System.Security.Cryptography;
using Hopx.ControlPlane.Setup;
using Hopx.EndToEnd.Tests.Program;

namespace Hopx.EndToEnd.Tests.Node;

/// <summary>The packages of <c>package-lock.json</c>, installed once for every run that has the same ones.</summary>
public sealed class NodePackages
{
    private static readonly string Sources = Path.Combine(AppContext.BaseDirectory, "Node");

    private readonly Lazy<Task<string>> _directory = new(InstallAsync);

    /// <summary>Runs an installed program with the Node.js that was installed beside it.</summary>
    /// <param name="program">Name of the package's command, or path of a script.</param>
    /// <param name="arguments">What it is told.</param>
    /// <param name="directory">Where it runs, and what it takes for its user's home.</param>
    /// <param name="settings">More environment variables.</param>
    public async Task<ProgramRun> RunAsync(string program, IReadOnlyList<string> arguments, string directory, IReadOnlyDictionary<string, string>? settings = null)
    {
        var commands = Path.Combine(await DirectoryAsync(), "node_modules", ".bin");
        var script = program.EndsWith(".mjs", StringComparison.Ordinal) ? await PlaceAsync(program, directory) : Path.Combine(commands, program);
        var variables = new Dictionary<string, string>(settings ?? new Dictionary<string, string>())
        {
            ["PATH"] = $"{commands}:{Environment.GetEnvironmentVariable("PATH")}",
            ["HOME"] = directory,
        };
        return await RunToEndAsync(Path.Combine(commands, "node"), [script, .. arguments], directory, variables);
    }

    /// <summary>Starts a script that is talked to over its pipes; the caller ends it.</summary>
    public async Task<Process> StartAsync(string script, IReadOnlyList<string> arguments, string directory)
    {
        var node = Path.Combine(await DirectoryAsync(), "node_modules", ".bin", "node");
        var start = new ProcessStartInfo(node, [await PlaceAsync(script, directory), .. arguments])
        {
            WorkingDirectory = directory,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["HOME"] = directory;
        return Process.Start(start)!;
    }

    private Task<string> DirectoryAsync()
    {
        Assert.SkipUnless(FindOnPath("npm"), "npm is not installed.");
        return _directory.Value;
    }

    // A module is found from where the script lies.
    private async Task<string> PlaceAsync(string script, string directory)
    {
        var modules = Path.Combine(directory, "node_modules");
        if (!Directory.Exists(modules))
        {
            Directory.CreateSymbolicLink(modules, Path.Combine(await DirectoryAsync(), "node_modules"));
        }

        var placed = Path.Combine(directory, script);
        File.Copy(Path.Combine(Sources, script), placed, overwrite: true);
        return placed;
    }

    private static async Task<string> InstallAsync()
    {
        string[] files = ["package.json", "package-lock.json"];
        var cache = Path.Combine(FindCheckout(), "artifacts", "node");
        Directory.CreateDirectory(cache);
        using var held = await FileLock.AcquireAsync(Path.Combine(cache, ".lock"), TimeProvider.System, static () => { }, Patience.Token);
        var content = files.SelectMany(file => File.ReadAllBytes(Path.Combine(Sources, file))).ToArray();
        var directory = Path.Combine(cache, Convert.ToHexStringLower(SHA256.HashData(content))[..16]);
        if (Directory.Exists(directory))
        {
            return directory;
        }

        // Renamed when it is whole; only the holder of the lock makes one, so an old one was left behind.
        var unfinished = Path.Combine(cache, ".unfinished");
        if (Directory.Exists(unfinished))
        {
            Directory.Delete(unfinished, recursive: true);
        }

        Directory.CreateDirectory(unfinished);
        foreach (var file in files)
        {
            File.Copy(Path.Combine(Sources, file), Path.Combine(unfinished, file));
        }

        (await RunToEndAsync("npm", ["ci", "--no-audit", "--no-fund"], unfinished, new Dictionary<string, string>())).Succeeded();
        Directory.Move(unfinished, directory);
        return directory;
    }

    private static async Task<ProgramRun> RunToEndAsync(string program, IReadOnlyList<string> arguments, string directory, IReadOnlyDictionary<string, string> settings)
    {
        var start = new ProcessStartInfo(program, arguments) { WorkingDirectory = directory, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (name, value) in settings)
        {
            start.Environment[name] = value;
        }

        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        var output = process.StandardOutput.ReadToEndAsync(Patience.Token);
        var error = process.StandardError.ReadToEndAsync(Patience.Token);
        try
        {
            await process.WaitForExitAsync(Patience.Token);
            return new ProgramRun(process.ExitCode, await output, await error);
        }
        finally
        {
            process.Kill(entireProcessTree: true);
        }
    }

    private static bool FindOnPath(string program) =>
        (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Any(directory => File.Exists(Path.Combine(directory, program)));

    private static string FindCheckout()
    {
        for (var directory = new DirectoryInfo(AppContext.BaseDirectory); directory is not null; directory = directory.Parent)
        {
            if (File.Exists(Path.Combine(directory.FullName, "Hopx.Mcp.sln")))
            {
                return directory.FullName;
            }
        }

        throw new InvalidOperationException($"'{AppContext.BaseDirectory}' is in no checkout.");
    }
}
