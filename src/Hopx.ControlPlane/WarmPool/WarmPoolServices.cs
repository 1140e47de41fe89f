using Microsoft.Extensions.DependencyInjection;

namespace Hopx.ControlPlane.WarmPool;

/// <summary>Services of sandboxes that are kept ready.</summary>
internal static class WarmPoolServices
{
    public static IServiceCollection AddWarmPool(this IServiceCollection services) => services
        .AddSingleton<WarmSandboxStore>()
        .AddSingleton<WarmSandboxPool>()
        .AddHostedService<WarmSandboxLoop>();
}
