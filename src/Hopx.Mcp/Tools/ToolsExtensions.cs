using Microsoft.Extensions.DependencyInjection.Extensions;
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
            .AddSingleton<OfferedTools>()
            .AddSingleton<CallProgress>()
            .AddSingleton<ToolCallFilter>()
            .AddSingleton<OutputBudget>()
            .AddSingleton<Pictures>()
            .AddSingleton<RunReport>()
            .AddSingleton<HtmlPictures>()
            .AddSingleton<JobReport>()
            .AddSingleton<RunFollower>()
            .AddSingleton<FileReader>()
            .AddSingleton<FileEditor>()
            .AddSingleton<FileFinder>()
            .AddSingleton<SentPictures>()
            .AddSingleton<DesktopActor>()
            .AddSingleton<DesktopReport>()
            .AddSingleton<PageLoading>()
            .AddSingleton<ScreenFinder>();
        return builder
            .WithStoredTools<SandboxTools>()
            .WithStoredTools<RunTools>()
            .WithStoredTools<JobTools>()
            .WithStoredTools<FileTools>()
            .WithStoredTools<ComputerTools>()
            .WithStoredTools<DesktopTools>()
            .WithStoredTools<LiveTools>()
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

    /// <summary>All tools as the SDK makes them from the code, to compare the stored definitions with.</summary>
    internal static IEnumerable<McpServerTool> MakeFromCode(IServiceProvider services) =>
    [
        .. ToolType.MakeFromCode<SandboxTools>(services),
        .. ToolType.MakeFromCode<RunTools>(services),
        .. ToolType.MakeFromCode<JobTools>(services),
        .. ToolType.MakeFromCode<FileTools>(services),
        .. ToolType.MakeFromCode<ComputerTools>(services),
        .. ToolType.MakeFromCode<DesktopTools>(services),
        .. ToolType.MakeFromCode<LiveTools>(services),
    ];
}
