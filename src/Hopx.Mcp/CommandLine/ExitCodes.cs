namespace Hopx.Mcp.CommandLine;

/// <summary>What this program tells its caller when it ends.</summary>
internal static class ExitCodes
{
    public const int Success = 0;
    public const int Failure = 1;

    /// <summary>Arguments or settings that make no sense: nothing was done.</summary>
    public const int BadUsage = 2;
}
