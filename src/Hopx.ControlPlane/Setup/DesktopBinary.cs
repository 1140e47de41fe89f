using Hopx.ControlPlane.Templates;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Hopx.ControlPlane.Setup;

/// <summary>The native program that serves a sandbox's desktop; it loads the X libraries of the template that it runs in.</summary>
internal sealed class DesktopBinary(
    IOptions<ControlPlaneOptions> options, AgentSearch search, PackageInstaller installer, TimeProvider time, ILogger<DesktopBinary> logger)
    : SandboxProgram(options, search, installer, time, logger)
{
    private const string XServer = "usr/bin/Xvnc";

    private static readonly string[] BuiltFrom =
    [
        "src/Hopx.Desktop", "src/Hopx.Client", "src/Hopx.Agent/Hosting", "src/Hopx.Agent/NativePackages.targets",
    ];

    protected override string Title => "desktop program";

    protected override string ProgramName => "hopx-desktop";

    protected override string CacheName => "desktop";

    protected override string Project => "src/Hopx.Desktop";

    protected override IReadOnlyList<string> Inputs => BuiltFrom;

    /// <summary>Whether sandboxes of the template have a screen.</summary>
    public static bool IsNeeded(BuiltTemplate template)
    {
        var server = new FileInfo(Path.Combine(template.Rootfs, XServer));
        // A link in a root of another's making may lead anywhere; that it is there is enough.
        return server.Exists || server.LinkTarget is not null;
    }

    protected override string? FindFault(string path) =>
        StaticExecutable.FindFault(path, mayLoadLibraries: true) ?? (File.Exists($"{path}.dll") ? "it is a managed program, which needs the .NET runtime" : null);
}
