using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Hopx.ControlPlane.Setup;

/// <summary>Services that prepare this machine; templates are registered by their own part.</summary>
internal static class SetupServices
{
    public static IServiceCollection AddSetup(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton(_ => HostUser.Current());
        services.TryAddSingleton(_ => AgentSearch.OfThisProgram());
        services.AddSingleton<PackageInstaller>();
        services.AddSingleton<AgentBinary>();
        services.AddSingleton<DesktopBinary>();
        services.AddSingleton<HomeStep>();
        services.AddSingleton<SandboxPackagesStep>();
        services.AddSingleton<SubordinateIdsStep>();
        services.AddSingleton<NamespacesStep>();
        services.AddSingleton<AgentStep>();
        services.AddSingleton<DesktopStep>();
        services.AddSingleton<MachineSetup>();
        return services;
    }
}
