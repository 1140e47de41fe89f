using Hopx.ControlPlane;
using Hopx.ControlPlane.Runtime;
using Hopx.ControlPlane.Setup;
using Hopx.ControlPlane.State;
using Hopx.ControlPlane.Templates;

namespace Hopx.Mcp.CommandLine.Local;

/// <summary>The parts that work on this machine itself, without a control plane in between: set-up, templates, the OCI runtime.</summary>
internal sealed class LocalMachine : IDisposable
{
    private readonly ServiceProvider _services;

    public LocalMachine(ControlPlaneOptions options)
    {
        Options = options;
        var services = new ServiceCollection();
        services.AddLogging(StderrLogging.Quiet);
        services.AddSingleton(Microsoft.Extensions.Options.Options.Create(options));
        services.AddSingleton(new HomeDirectory(options.Home));
        services.AddSetup().AddTemplates().AddRuntime();
        _services = services.BuildServiceProvider();
    }

    public ControlPlaneOptions Options { get; }

    public MachineSetup Setup => _services.GetRequiredService<MachineSetup>();

    public TemplateCatalog Templates => _services.GetRequiredService<TemplateCatalog>();

    public TemplateBuilder Builder => _services.GetRequiredService<TemplateBuilder>();

    public SandboxRuntime Runtime => _services.GetRequiredService<SandboxRuntime>();

    public HomeDirectory Home => _services.GetRequiredService<HomeDirectory>();

    public void Dispose() => _services.Dispose();
}
