using Hopx.Mcp.CommandLine.Settings;

namespace Hopx.Mcp.CommandLine;

/// <summary>What every command is given: its settings and where to write.</summary>
/// <param name="Settings">Flags, environment and file.</param>
/// <param name="Output">Results, for programs and people.</param>
/// <param name="Error">Progress and failures, for people.</param>
internal sealed record CommandContext(HopxSettings Settings, TextWriter Output, TextWriter Error);
