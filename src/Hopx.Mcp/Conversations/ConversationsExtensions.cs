using Hopx.Mcp.Hosting;
using Microsoft.Extensions.Options;

namespace Hopx.Mcp.Conversations;

/// <summary>Adds the map from conversations to sandboxes.</summary>
internal static class ConversationsExtensions
{
    public static IServiceCollection AddHopxConversations(this IServiceCollection services) => services
        .AddSingleton(provider => new ConversationKeys(
            provider.GetRequiredService<IOptions<HopxMcpOptions>>(), Environment.GetEnvironmentVariable, provider.GetService<IHttpContextAccessor>()))
        .AddSingleton<McpDatabase>()
        .AddSingleton<ConversationStore>()
        .AddSingleton<SandboxPreparations>()
        .AddSingleton<ConversationSandboxes>();
}
