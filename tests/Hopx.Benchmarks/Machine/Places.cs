using System.Diagnostics;
using Hopx.ControlPlane;
using Hopx.ControlPlane.Setup;

namespace Hopx.Benchmarks.Machine;

/// <summary>The programs that are compared, and where they are.</summary>
internal static class Places
{

    private const string NodeServerPackage = "@modelcontextprotocol/server-everything@2026.8.31";

    public static string Root { get; } = AgentSources.Above(AppContext.BaseDirectory)?.Root
        ?? throw new InvalidOperationException($"The benchmarks run from a checkout, and '{AppContext.BaseDirectory}' is in none.");

    /// <summary>Made by <c>dotnet publish</c>; the benchmarks do not publish, since that takes minutes.</summary>
    public static string NativeProgram { get; } = Path.Combine(Root, "artifacts", "hopx-mcp", "hopx-mcp");

    public static string FrameworkProgram { get; } = Path.Combine(AppContext.BaseDirectory, "hopx-mcp.dll");

    public static string NodeServer { get; } =
        Path.Combine(Root, "artifacts", "node-server", "node_modules", "@modelcontextprotocol", "server-everything", "dist", "index.js");

    /// <summary>Templates of the user's own home, so that they are built once.</summary>
    public static string Templates { get; } = new ControlPlaneOptions().TemplateDirectory;

    /// <summary>The program that users have: native where it was published, or else as it is built.</summary>
    public static IReadOnlyList<string> Server => File.Exists(NativeProgram) ? [NativeProgram, "stdio"] : [DotNet, FrameworkProgram, "stdio"];

    public static string DotNet { get; } = Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    /// <summary>Why that is not to be had here; null when it is.</summary>
    public static string? FindLack(Need need) => need switch
    {
        Need.NativeBuild => File.Exists(NativeProgram) ? null : $"there is no '{NativeProgram}'. Run 'dotnet publish src/Hopx.Mcp -c Release -r linux-x64 -o artifacts/hopx-mcp'.",
        Need.Node => HostPackage.IsInPath("node") ? null : "node is not in PATH.",
        Need.Go => HostPackage.IsInPath("go") ? null : "go is not in PATH.",
        Need.NodeServer => FindLackOfNodeServer(),
        Need.Docker => TrySucceeds("docker", "info") ? null : "no Docker engine answers here.",
        Need.Root => Environment.IsPrivilegedProcess ? null : "the bare runtime is compared as root.",
        _ => throw new ArgumentOutOfRangeException(nameof(need), need, "Unknown need."),
    };

    private static string? FindLackOfNodeServer()
    {
        if (File.Exists(NodeServer))
        {
            return null;
        }

        if (!HostPackage.IsInPath("npm"))
        {
            return "npm is not in PATH.";
        }

        var place = Path.Combine(Root, "artifacts", "node-server");
        Directory.CreateDirectory(place);
        return TrySucceeds("npm", "install", "--prefix", place, "--no-audit", "--no-fund", "--ignore-scripts", NodeServerPackage) && File.Exists(NodeServer)
            ? null
            : $"npm could not install {NodeServerPackage}.";
    }

    private static bool TrySucceeds(string program, params IEnumerable<string> arguments)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true })!;
            process.ErrorDataReceived += static (_, _) => { };
            process.BeginErrorReadLine();
            process.StandardOutput.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return false;
        }
    }
}
