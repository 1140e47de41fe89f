using Microsoft.Extensions.DependencyInjection;

namespace Hopx.ControlPlane.Sandboxes;

/// <summary>Services of sandboxes: a store, one class for each step of their life, and the loops.</summary>
internal static class SandboxServices
{
    public static IServiceCollection AddSandboxes(this IServiceCollection services) => services
        .AddSingleton<SandboxStore>()
        .AddSingleton<SandboxGate>()
        .AddSingleton<SandboxActivity>()
        .AddSingleton<IdempotencyKeys>()
        .AddSingleton<SandboxAgents>()
        .AddSingleton<SandboxLaunch>()
        .AddSingleton<SandboxCreation>()
        .AddSingleton<SandboxLifetimes>()
        .AddSingleton<SandboxPausing>()
        .AddSingleton<SandboxStopping>()
        .AddSingleton<IdleSandboxes>()
        .AddSingleton<SandboxBurial>()
        .AddSingleton<SandboxReaper>()
        .AddSingleton<SandboxDiskLimit>()
        .AddSingleton<SandboxAdoption>()
        .AddSingleton<SandboxAnswers>()
        .AddSingleton<SandboxCursor>()
        .AddSingleton<SandboxList>()
        .AddSingleton<SandboxMeter>()
        .AddHostedService<SandboxReaperLoop>()
        .AddHostedService<IdleSandboxesLoop>()
        .AddHostedService<SandboxDiskLoop>();
}
