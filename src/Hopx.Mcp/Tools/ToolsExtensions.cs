using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Hopx.Mcp.Tools;

/// <summary>Adds the tools and what stands before them.</summary>
internal static class ToolsExtensions
{
    private static readonly TimeSpan ListLifetime = TimeSpan.FromMinutes(5);

    public static IMcpServerBuilder AddHopxTools(this IMcpServerBuilder builder)
    {
        builder.Services.TryAddSingleton(TimeProvider.System);
        builder.Services
            .AddSingleton<IPostConfigureOptions<McpServerOptions>, CompactToolSchemas>()
            .AddSingleton<OfferedTools>()
            .AddSingleton<CallProgress>()
            .AddSingleton<ToolCallFilter>()
            .AddSingleton<OutputBudget>()
            .AddSingleton<Pictures>()
            .AddSingleton<RunReport>()
            .AddSingleton<FileReader>()
            .AddSingleton<FileEditor>();
        return builder
            .WithTools<SandboxTools>(ToolJsonOptions.Default)
            .WithTools<RunTools>(ToolJsonOptions.Default)
            .WithTools<FileTools>(ToolJsonOptions.Default)
            .WithRequestFilters(filters => filters
                .AddCallToolFilter(next => (call, cancellationToken) => call.Services!.GetRequiredService<ToolCallFilter>().InvokeAsync(next, call, cancellationToken))
                .AddListToolsFilter(next => async (list, cancellationToken) =>
                {
                    var tools = await next(list, cancellationToken);
                    var offered = list.Services!.GetRequiredService<OfferedTools>();
                    tools.Tools = [.. tools.Tools.Where(offered.Offers).OrderBy(tool => tool.Name, StringComparer.Ordinal)];
                    tools.TimeToLive = ListLifetime;
                    // Headers choose the tools, so one caller's list is not another's.
                    tools.CacheScope = CacheScope.Private;
                    return tools;
                }));
    }
}
