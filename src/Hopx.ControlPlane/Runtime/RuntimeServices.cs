using Microsoft.Extensions.DependencyInjection;

namespace Hopx.ControlPlane.Runtime;

/// <summary>Services that run sandboxes on this machine.</summary>
internal static class RuntimeServices
{
    public static IServiceCollection AddRuntime(this IServiceCollection services) => services
        .AddSingleton<SandboxRuntime>()
        .AddSingleton<ISandboxRuntime>(provider => provider.GetRequiredService<SandboxRuntime>());
}
