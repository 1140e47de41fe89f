using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Hopx.ControlPlane.Setup;

/// <summary>The native agent, the first process of every sandbox: static, so that it runs in whatever root a template brings.</summary>
internal sealed class AgentBinary(
    IOptions<ControlPlaneOptions> options, AgentSearch search, PackageInstaller installer, TimeProvider time, ILogger<AgentBinary> logger)
    : SandboxProgram(options, search, installer, time, logger)
{
    public const string FileName = "hopx-agent";

    private readonly string? _configured = options.Value.AgentPath;

    protected override string Title => "agent";

    protected override string ProgramName => FileName;

    protected override string Setting => "HOPX_AGENT_PATH";

    protected override string? Configured => _configured;

    protected override string CacheName => "agent";

    protected override string Project => "src/Hopx.Agent";

    protected override IReadOnlyList<string> Inputs => AgentSources.AgentInputs;

    protected override string? FindFault(string path) => StaticExecutable.FindFault(path);
}

/// <summary>Where the programs for sandboxes are looked for.</summary>
internal sealed record AgentSearch(string ProgramDirectory, AgentSources? Sources)
{
    public static AgentSearch OfThisProgram() => new(AppContext.BaseDirectory, AgentSources.Above(AppContext.BaseDirectory));
}
