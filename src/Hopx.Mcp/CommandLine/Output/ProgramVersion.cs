using System.Reflection;

namespace Hopx.Mcp.CommandLine.Output;

/// <summary>The version that this program was built as.</summary>
internal static class ProgramVersion
{
    public static string Text { get; } =
        typeof(ProgramVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0.0.0";
}
