using Hopx.Client;

namespace Hopx.ControlPlane.Templates;

/// <summary>A template that is built and verified: what a sandbox is made from.</summary>
internal sealed record TemplateImage(TemplateManifest Manifest, string Directory)
{
    public string Id => Manifest.Id;

    public string Name => Manifest.Name;

    public string BuildId => Manifest.BuildId;

    /// <summary>The root file system; never written again, since running sandboxes share it.</summary>
    public string RootPath => Path.Combine(Directory, "rootfs");

    public string WorkingDirectory => Manifest.WorkingDirectory;

    /// <summary>Variables that every process of a sandbox finds set.</summary>
    public IReadOnlyDictionary<string, string> Environment => Manifest.Environment;

    /// <summary>What a sandbox may use at the most.</summary>
    public SandboxResources Resources => new()
    {
        Vcpu = Manifest.DefaultResources.Vcpu,
        MemoryMb = Manifest.DefaultResources.MemoryMb,
        DiskMb = Manifest.DefaultResources.DiskGb * 1_024,
    };
}
