using Hopx.Client;
using ModelContextProtocol;

namespace Hopx.Mcp.CommandLine;

/// <summary>The one place where a failure becomes a sentence on stderr and an exit code.</summary>
internal static class CommandFailures
{
    /// <summary>Runs a command to its end, or to the first sign that it should end.</summary>
    /// <param name="command">What to do.</param>
    /// <param name="error">Where failures are told.</param>
    /// <param name="debug">Whether to show where an unexpected failure came from.</param>
    public static async Task<int> GuardAsync(Func<CancellationToken, Task<int>> command, TextWriter error, bool debug)
    {
        using var signals = new TerminationSignals();
        try
        {
            return await command(signals.Token);
        }
        catch (OperationCanceledException) when (signals.ExitCode is not null)
        {
            return signals.ExitCode.Value;
        }
        catch (Exception failure) when (Explain(failure) is { } explained)
        {
            await error.WriteLineAsync($"error: {explained.Message}");
            if (debug)
            {
                await error.WriteLineAsync(failure.ToString());
            }

            return explained.ExitCode;
        }
        catch (Exception failure)
        {
            await error.WriteLineAsync(
                debug ? $"error: {failure}" : $"error: {failure.GetType().Name}: {failure.Message}\nThis was not expected. Set HOPX_DEBUG=1 and try again to see where it happened.");
            return ExitCodes.Failure;
        }
    }

    private static (string Message, int ExitCode)? Explain(Exception failure) => failure switch
    {
        HopxException { Code: HopxErrorCode.InvalidConfiguration } hopx => (hopx.Message, ExitCodes.BadUsage),
        HopxException hopx => (hopx.Message, ExitCodes.Failure),
        McpException mcp => (mcp.Message, ExitCodes.Failure),
        _ => null,
    };
}
