using Hopx.ControlPlane.Runtime;
using Hopx.ControlPlane.State;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Hopx.ControlPlane.Admission;

/// <summary>Services that keep the machine from taking more than it bears.</summary>
internal static class AdmissionServices
{
    public static IServiceCollection AddAdmission(this IServiceCollection services)
    {
        services.TryAddSingleton(provider => MachineGauge.OfThisMachine(provider.GetRequiredService<SandboxRuntime>(), provider.GetRequiredService<HomeDirectory>()));
        return services.AddSingleton<SandboxAdmission>().AddSingleton<LaunchGate>();
    }
}
