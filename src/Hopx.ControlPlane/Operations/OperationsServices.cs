using Microsoft.Extensions.DependencyInjection;

namespace Hopx.ControlPlane.Operations;

/// <summary>Services for those who run a server.</summary>
internal static class OperationsServices
{
    public static IServiceCollection AddOperations(this IServiceCollection services) => services
        .AddSingleton<ControlPlaneTelemetry>();
}
