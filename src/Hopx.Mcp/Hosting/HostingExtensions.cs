using System.Reflection;
using Hopx.Client;
using Hopx.Mcp.Conversations;
using Hopx.Mcp.LiveView;
using Hopx.Mcp.Prompts;
using Hopx.Mcp.Tools;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;
using ModelContextProtocol.AspNetCore;
using ModelContextProtocol.Protocol;

namespace Hopx.Mcp.Hosting;

/// <summary>Adds the MCP server to a host and maps it.</summary>
internal static class HostingExtensions
{
    /// <summary>Adds tools, prompts and conversations; the transport comes on top.</summary>
    /// <param name="services">Services of the host.</param>
    /// <param name="createClient">Connection to the service for an API key; without one, for the local caller. Called at first use.</param>
    /// <param name="configure">Changes to the settings.</param>
    public static IMcpServerBuilder AddHopxMcp(this IServiceCollection services, Func<string?, HopxClient> createClient, Action<HopxMcpOptions>? configure = null)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<IValidateOptions<HopxMcpOptions>, HopxMcpOptionsValidator>();
        services.AddSingleton<IValidateOptions<HopxMcpOptions>, ToolsetsValidator>();
        var options = services.AddOptions<HopxMcpOptions>().ValidateOnStart();
        if (configure is not null)
        {
            options.Configure(configure);
        }

        services.AddSingleton(provider => new CallerClients(createClient, provider.GetRequiredService<IOptions<HopxMcpOptions>>(), provider.GetService<IHttpContextAccessor>()));
        services.AddHostedService(provider => new MemoryTrim(provider.GetRequiredService<TimeProvider>()));
        services.AddHopxConversations();
        services.AddLiveView();
        return services
            .AddMcpServer(server =>
            {
                server.ServerInfo = new() { Name = "hopx-mcp", Title = "HopX sandboxes", Version = Version() };
                server.ServerInstructions = PromptFiles.ReadInstructions();
            })
            .WithMessageFilters(filters => filters.AddIncomingFilter(next => (context, cancellationToken) =>
            {
                HalfCharacters.Mend((context.JsonRpcMessage as JsonRpcRequest)?.Params);
                return next(context, cancellationToken);
            }))
            .AddHopxTools()
            .AddHopxPrompts();
    }

    /// <summary>MCP over HTTP: one endpoint for every revision of the protocol.</summary>
    public static IMcpServerBuilder AddHopxMcpHttp(this IMcpServerBuilder builder)
    {
        builder.Services.AddHttpContextAccessor();
        return builder.WithHttpTransport(http => http.SessionMode = HttpServerSessionMode.StatefulForInitializeClients);
    }

    /// <summary>Maps the endpoint, guarded against web pages and names that do not belong to this server.</summary>
    public static IEndpointConventionBuilder MapHopxMcp(this IEndpointRouteBuilder endpoints, string pattern)
    {
        var guard = new HostAndOriginGuard(endpoints.ServiceProvider.GetRequiredService<IOptions<HopxMcpOptions>>());
        var mapped = endpoints.MapMcp(pattern);
        mapped.Add(endpoint =>
        {
            if (endpoint.RequestDelegate is { } inner)
            {
                endpoint.RequestDelegate = http => guard.InvokeAsync(http, inner);
            }
        });
        return mapped;
    }

    private static string Version() =>
        typeof(HostingExtensions).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion.Split('+')[0] ?? "0.0.0";
}
