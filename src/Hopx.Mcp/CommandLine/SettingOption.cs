using System.CommandLine;
using Hopx.Client;
using Hopx.ControlPlane;
using Hopx.Mcp.CommandLine.Settings;
using Hopx.Mcp.Hosting;

namespace Hopx.Mcp.CommandLine;

/// <summary>A flag that sets one setting, for this run only. It wins over the environment.</summary>
internal sealed class SettingOption : Option<string>
{
    private SettingOption(string property, string description)
        : base(SettingNames.Flag(property))
    {
        Property = property;
        Description = description;
    }

    public static SettingOption Home => new(nameof(ControlPlaneOptions.Home), "Directory of templates, sandboxes and state (HOPX_HOME).");
    public static SettingOption BaseUrl => new(nameof(HopxClientOptions.BaseUrl), "Address of another control plane (HOPX_BASE_URL).");
    public static SettingOption Runtime => new(nameof(ControlPlaneOptions.Runtime), "OCI runtime: auto, runc, crun, runsc or a path (HOPX_RUNTIME).");
    public static SettingOption AgentPath => new(nameof(ControlPlaneOptions.AgentPath), "Native agent that is mounted into sandboxes (HOPX_AGENT_PATH).");
    public static SettingOption ReadOnly => new(nameof(HopxMcpOptions.ReadOnly), "true: offer only tools that change nothing (HOPX_READ_ONLY).");
    public static SettingOption Toolsets => new(nameof(HopxMcpOptions.Toolsets), "Sets of tools to offer, with commas between (HOPX_TOOLSETS).");
    public static SettingOption AllowedHosts => new(nameof(HopxMcpOptions.AllowedHosts), "Host names to answer to besides loopback's, with commas between (HOPX_ALLOWED_HOSTS).");
    public static SettingOption AllowedOrigins => new(nameof(HopxMcpOptions.AllowedOrigins), "Origins whose web pages may call, with commas between (HOPX_ALLOWED_ORIGINS).");
    public static SettingOption WarmSandboxes => new(nameof(ControlPlaneOptions.WarmSandboxes), "Sandboxes that stand ready: auto, a number, or template=number with commas between (HOPX_WARM_SANDBOXES).");
    public static SettingOption LogFormat => new(HopxSettings.LogFormat, "How the log is written: text or json (HOPX_LOG_FORMAT).");

    public string Property { get; }

    /// <summary>The settings that the command line names.</summary>
    public static IEnumerable<KeyValuePair<string, string>> ValuesIn(ParseResult arguments) =>
        from option in arguments.CommandResult.Command.Options.OfType<SettingOption>()
        let value = arguments.GetValue(option)
        where value is not null
        select KeyValuePair.Create(option.Property, value);
}
