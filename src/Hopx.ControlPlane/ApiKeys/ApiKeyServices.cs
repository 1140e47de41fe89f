using Microsoft.Extensions.DependencyInjection;

namespace Hopx.ControlPlane.ApiKeys;

/// <summary>Services of who may call.</summary>
internal static class ApiKeyServices
{
    public static IServiceCollection AddApiKeys(this IServiceCollection services) => services
        .AddSingleton<ApiKeyStore>()
        .AddSingleton<CallerAuthentication>()
        .AddSingleton<RequestLimits>()
        .AddSingleton<AgentTokens>();
}
