namespace Hopx.Mcp.CommandLine;

/// <summary><c>HOPX_DEBUG=1</c>: stack traces and a talkative log, on stderr.</summary>
internal static class DebugMode
{
    public static bool IsOn => Environment.GetEnvironmentVariable("HOPX_DEBUG") is { Length: > 0 } and not "0";
}
