using System.CommandLine;
using System.Runtime.InteropServices;
using System.Text.Json;
using Hopx.Mcp.CommandLine.Output;

namespace Hopx.Mcp.CommandLine;

internal static class VersionCommand
{
    public static Command Create()
    {
        var json = JsonOption.Create();
        return CommandBuilder.Create("version", "Show the version.", [json], async (arguments, context, _) =>
        {
            var facts = new VersionFacts("hopx-mcp", ProgramVersion.Text, RuntimeInformation.FrameworkDescription, RuntimeInformation.RuntimeIdentifier);
            await context.Output.WriteLineAsync(
                arguments.GetValue(json) ? JsonSerializer.Serialize(facts, CommandJson.Default.VersionFacts) : $"{facts.Name} {facts.Version} ({facts.Runtime}, {facts.System})");
            return ExitCodes.Success;
        });
    }
}
