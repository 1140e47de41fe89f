using System.CommandLine;
using Hopx.Mcp.CommandLine.Serving;
using Hopx.Mcp.CommandLine.Settings;
using Hopx.Mcp.Hosting;

namespace Hopx.Mcp.CommandLine;

/// <summary>MCP over stdin and stdout; what agent hosts start.</summary>
internal static class StdioCommand
{
    public const string Name = "stdio";

    public static Command Create() => CommandBuilder.Create(
        Name,
        "Speak MCP over stdin and stdout; also what happens without any command.",
        [SettingOption.BaseUrl, SettingOption.Runtime, SettingOption.AgentPath, SettingOption.ReadOnly, SettingOption.Toolsets],
        (_, context, cancellationToken) => RunAsync(context.Settings, cancellationToken));

    private static async Task<int> RunAsync(HopxSettings settings, CancellationToken cancellationToken)
    {
        // Checked before the host, whose own complaint would be a stack trace.
        settings.Mcp();
        await using var service = new HopxService(settings, StderrLogging.Quiet);
        await McpStdio.RunAsync(service.CreateClient, settings.ConfigureMcp, Configure, cancellationToken);
        return ExitCodes.Success;

        static void Configure(IHostApplicationBuilder host)
        {
            StderrLogging.Quiet(host.Logging);
            host.AddTelemetry();
        }
    }
}
