using Microsoft.Extensions.Logging.Console;

namespace Hopx.Mcp.CommandLine;

/// <summary>The log goes to stderr, whatever its level: stdout belongs to MCP, or to what a command is asked for.</summary>
internal static class StderrLogging
{
    /// <summary>For commands that end by themselves and for stdio: only what somebody should look at.</summary>
    public static void Quiet(ILoggingBuilder logging) => Add(logging, DebugMode.IsOn ? LogLevel.Debug : LogLevel.Warning);

    /// <summary>For a server that runs for weeks: also what it does.</summary>
    public static Action<ILoggingBuilder> Full(bool isJson) => logging =>
        Add(logging, DebugMode.IsOn ? LogLevel.Debug : LogLevel.Information, isJson)
            // A line for each request would drown what matters.
            .AddFilter("Microsoft", DebugMode.IsOn ? LogLevel.Debug : LogLevel.Warning)
            // What keeps the server from starting is told in a sentence.
            .AddFilter("Microsoft.Extensions.Hosting", DebugMode.IsOn ? LogLevel.Debug : LogLevel.Critical)
            .AddFilter("ModelContextProtocol", DebugMode.IsOn ? LogLevel.Debug : LogLevel.Warning)
            .AddFilter("Yarp", DebugMode.IsOn ? LogLevel.Debug : LogLevel.Warning);

    private static ILoggingBuilder Add(ILoggingBuilder logging, LogLevel minimum, bool isJson = false)
    {
        logging.Services.Configure<ConsoleLoggerOptions>(console => console.LogToStandardErrorThreshold = LogLevel.Trace);
        if (isJson)
        {
            return logging.AddJsonConsole(format =>
            {
                format.UseUtcTimestamp = true;
                format.TimestampFormat = "yyyy-MM-ddTHH:mm:ss.fffZ";
                format.IncludeScopes = true;
            }).SetMinimumLevel(minimum);
        }

        logging.Services.Configure<SimpleConsoleFormatterOptions>(format => format.SingleLine = true);
        return logging.AddSimpleConsole().SetMinimumLevel(minimum);
    }
}
