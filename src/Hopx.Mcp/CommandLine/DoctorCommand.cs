using System.CommandLine;
using System.Text.Json;
using Hopx.Mcp.CommandLine.Doctor;
using Hopx.Mcp.CommandLine.Local;
using Hopx.Mcp.CommandLine.Output;
using Hopx.Mcp.CommandLine.Settings;

namespace Hopx.Mcp.CommandLine;

/// <summary>What works here, what does not, and the command that mends it.</summary>
internal static class DoctorCommand
{
    public static Command Create()
    {
        var json = JsonOption.Create();
        return CommandBuilder.Create(
            "doctor",
            "Check this machine, and say for each thing that is missing which command mends it.",
            [json, SettingOption.BaseUrl, SettingOption.Runtime, SettingOption.AgentPath],
            async (arguments, context, cancellationToken) =>
            {
                var report = await ExamineAsync(context.Settings, cancellationToken);
                if (arguments.GetValue(json))
                {
                    await context.Output.WriteLineAsync(JsonSerializer.Serialize(report.ToFacts(), CommandJson.Default.DoctorFacts));
                }
                else
                {
                    await report.WriteAsync(context.Output);
                }

                return report.ExitCode;
            });
    }

    private static async Task<DoctorReport> ExamineAsync(HopxSettings settings, CancellationToken cancellationToken)
    {
        settings.Mcp();
        if (settings.Service is not ServiceKind.Embedded)
        {
            return new DoctorReport(await ServiceChecks.RunAsync(settings, cancellationToken));
        }

        using var machine = new LocalMachine(settings.ControlPlane());
        return new DoctorReport(await MachineChecks.RunAsync(machine, cancellationToken));
    }
}
