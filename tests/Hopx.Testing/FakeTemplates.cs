using Hopx.Client;

namespace Hopx.Testing;

/// <summary>The templates that every cloud starts with.</summary>
internal static class FakeTemplates
{
    public static readonly IReadOnlyList<Template> Default =
    [
        Make("73", "code-interpreter", "Python, JavaScript, Bash and Go", "python", ["code_execution"]),
        Make("74", "base", "Bash and Python", "bash", []),
        Make("399", "desktop", "A screen with a browser", "bash", ["desktop"]),
    ];

    private static Template Make(string id, string name, string description, string language, IReadOnlyList<string> features) => new()
    {
        Id = id,
        Name = name,
        DisplayName = name,
        Description = description,
        Category = "development",
        Language = language,
        DefaultResources = new TemplateResources { Vcpu = 2, MemoryMb = 2048, DiskGb = 10 },
        Features = features,
        IsPublic = true,
        Status = TemplateStatus.Active,
    };
}
