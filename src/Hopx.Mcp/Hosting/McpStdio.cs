using Hopx.Client;

namespace Hopx.Mcp.Hosting;

/// <summary>MCP over stdin and stdout. Nothing else may reach stdout, so the log goes to stderr.</summary>
internal static class McpStdio
{
    /// <summary>Serves until stdin ends.</summary>
    /// <param name="createClient">Connection to the service; called at the first tool call that needs it.</param>
    /// <param name="configure">Changes to the settings.</param>
    /// <param name="addMore">More services of the host.</param>
    /// <param name="cancellationToken">Ends the server.</param>
    public static async Task RunAsync(
        Func<string?, HopxClient> createClient, Action<HopxMcpOptions>? configure = null, Action<IHostApplicationBuilder>? addMore = null, CancellationToken cancellationToken = default)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Logging.AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace).SetMinimumLevel(LogLevel.Warning);
        builder.Services.AddHopxMcp(createClient, configure).WithStdioServerTransport();
        addMore?.Invoke(builder);
        using var host = builder.Build();
        await host.RunAsync(cancellationToken);
    }
}
