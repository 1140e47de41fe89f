using Hopx.Client;
using Hopx.ControlPlane;
using Hopx.Mcp.CommandLine.Settings;
using Hopx.Mcp.Hosting;

namespace Hopx.Mcp.CommandLine.Demo;

/// <summary>What the demo's server is told, so that it does exactly what the demo was told.</summary>
/// <param name="Machine">Settings of the control plane.</param>
internal sealed record DemoSettings(ControlPlaneOptions Machine)
{
    /// <summary>If all else fails, what the demo makes ends by itself.</summary>
    private static readonly TimeSpan SandboxLifetime = TimeSpan.FromMinutes(15);

    public Dictionary<string, string?> ServerEnvironment() => new()
    {
        [SettingNames.Variable(nameof(Machine.Home))] = Machine.Home,
        [SettingNames.Variable(nameof(Machine.Runtime))] = Machine.Runtime,
        [SettingNames.Variable(nameof(Machine.AgentPath))] = Machine.AgentPath ?? "",
        [SettingNames.Variable(nameof(HopxMcpOptions.SandboxLifetime))] = SandboxLifetime.ToString("c"),
        [SettingNames.Variable(nameof(HopxMcpOptions.ReadOnly))] = "false",
        [SettingNames.Variable(nameof(HopxMcpOptions.Toolsets))] = $"{Tools.Toolsets.Default},{Tools.Toolsets.Desktop}",
        [SettingNames.Variable(nameof(HopxMcpOptions.ScreenFormat))] = nameof(ScreenFormat.Png),
        // The demo shows this machine; it spends nobody's money in a cloud.
        [SettingNames.Variable(nameof(HopxClientOptions.ApiKey))] = "",
        [SettingNames.Variable(nameof(HopxClientOptions.BaseUrl))] = "",
    };
}
