using Microsoft.Extensions.Options;

namespace Hopx.Agent;

internal static class ProcessesSetup
{
    public static IServiceCollection AddProcesses(this IServiceCollection services)
    {
        services.AddSingleton<IValidateOptions<ProcessOptions>, ProcessOptionsValidator>();
        services.AddOptions<ProcessOptions>().BindConfiguration("Processes").ValidateOnStart();
        services.AddSingleton<ChildReaper>();
        services.AddSingleton<ChildRestraint>();
        services.AddSingleton<RunSlots>();
        services.AddSingleton<ActiveRuns>();
        services.AddSingleton<OutputMemory>();
        services.AddSingleton<OutputReader>();
        services.AddSingleton<InputWaitProbe>();
        services.AddSingleton<SandboxLimits>();
        services.AddSingleton<ProcessLauncher>();
        services.AddSingleton<SpareProcesses>();
        services.AddSingleton<ProcessRunner>();
        services.AddHostedService<MemoryTrim>();
        services.AddSingleton<WorkingDirectory>();
        services.AddSingleton<MemoryWatchdog>();
        services.AddHostedService<MemoryWatchdogLoop>();
        return services;
    }
}
