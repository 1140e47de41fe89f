using Hopx.Agent;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;

namespace Hopx.ControlPlane.Routing;

/// <summary>Services of the way from a sandbox's public address to its agent.</summary>
internal static class RoutingServices
{
    public static IServiceCollection AddSandboxRouting(this IServiceCollection services) => services
        .AddSingleton<IMemoryPoolFactory<byte>, TransferMemory>()
        .AddSingleton<SandboxPorts>()
        .AddSingleton<IConnectionListenerFactory>(provider => provider.GetRequiredService<SandboxPorts>())
        .AddSingleton<SandboxForwarder>();
}
