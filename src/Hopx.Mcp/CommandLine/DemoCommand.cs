using System.CommandLine;
using Hopx.Mcp.CommandLine.Demo;
using Hopx.Mcp.CommandLine.Local;

namespace Hopx.Mcp.CommandLine;

/// <summary>The main job end to end, with every result checked.</summary>
internal static class DemoCommand
{
    public const string DesktopTemplate = "desktop";

    private const string CodeTemplate = "code-interpreter";

    public static Command Create()
    {
        var output = new Option<string>("--output") { Description = "Directory for the pictures, the transcript and the server's log.", DefaultValueFactory = _ => Path.Combine("artifacts", "demo") };
        return CommandBuilder.Create(
            "demo",
            "Show the main job end to end on this machine, through a real MCP client, and check every result.",
            [output, SettingOption.Runtime, SettingOption.AgentPath],
            async (arguments, context, cancellationToken) =>
            {
                using var machine = new LocalMachine(context.Settings.ControlPlane());
                await SetupCommand.RunAsync(machine, [CodeTemplate, DesktopTemplate], context.Error, cancellationToken);
                return await DemoRun.RunAsync(machine, Path.GetFullPath(arguments.GetValue(output)!), context.Output, context.Error, cancellationToken);
            });
    }
}
