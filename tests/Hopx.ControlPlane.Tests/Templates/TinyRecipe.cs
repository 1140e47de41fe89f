using Hopx.ControlPlane.Templates;

namespace Hopx.ControlPlane.Tests.Templates;

/// <summary>The smallest recipe that is still a real one.</summary>
internal static class TinyRecipe
{
    public static TemplateRecipe Create(string name, string id = "9001") => new()
    {
        Id = id,
        Name = name,
        DisplayName = "Tiny",
        Description = "For tests.",
        Category = "development",
        Language = "bash",
        DefaultResources = new() { Vcpu = 1, MemoryMb = 256, DiskGb = 1 },
        MinResources = new() { Vcpu = 1, MemoryMb = 128, DiskGb = 1 },
        MaxResources = new() { Vcpu = 2, MemoryMb = 512, DiskGb = 2 },
        Packages = ["file"],
        ExcludedFiles = ["/usr/share/man/*", "/usr/share/doc/*", "/usr/share/locale/*", "/usr/share/zoneinfo/*"],
        Steps = ["echo made > /etc/hopx-test"],
        Checks = [new TemplateCheck("file", "file /bin/sh", "symbolic link"), new TemplateCheck("workdir", "pwd", "/workspace")],
        Environment = new Dictionary<string, string> { ["PATH"] = "/usr/bin:/bin", ["HOME"] = "/root" },
        NeededDiskMib = 300,
    };
}
