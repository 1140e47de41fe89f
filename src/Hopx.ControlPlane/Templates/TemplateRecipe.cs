using System.Security.Cryptography;
using System.Text;
using Hopx.Client;

namespace Hopx.ControlPlane.Templates;

/// <summary>From what a template is made: Debian packages, then steps run as root inside; and how it presents itself.</summary>
internal sealed record TemplateRecipe
{
    /// <summary>Numeric text that never changes, since clients keep it.</summary>
    public required string Id { get; init; }

    public required string Name { get; init; }

    public required string DisplayName { get; init; }

    public required string Description { get; init; }

    public required string Category { get; init; }

    public required string Language { get; init; }

    public required TemplateResources DefaultResources { get; init; }

    public required TemplateResources MinResources { get; init; }

    public required TemplateResources MaxResources { get; init; }

    public IReadOnlyList<string> Features { get; init; } = [];

    public IReadOnlyList<string> Tags { get; init; } = [];

    public required IReadOnlyList<string> Packages { get; init; }

    /// <summary>Patterns of files that the packages bring and nobody needs in a sandbox.</summary>
    public IReadOnlyList<string> ExcludedFiles { get; init; } = [];

    /// <summary>Shell commands that finish the root file system; any failure fails the build.</summary>
    public IReadOnlyList<string> Steps { get; init; } = [];

    /// <summary>What must work in the finished template before anyone gets it.</summary>
    public IReadOnlyList<TemplateCheck> Checks { get; init; } = [];

    /// <summary>Variables that every process of a sandbox finds set.</summary>
    public IReadOnlyDictionary<string, string> Environment { get; init; } = new Dictionary<string, string>();

    public string WorkingDirectory { get; init; } = "/workspace";

    /// <summary>Whether sandboxes of it have a screen.</summary>
    public bool HasDesktop => Features.Contains("desktop");

    /// <summary>Free space that a build needs at its peak.</summary>
    public int NeededDiskMib { get; init; } = 1_024;

    /// <summary>Changes exactly when what is built changes, so that a new text about a template rebuilds nothing.</summary>
    public string ComputeHash()
    {
        var text = new StringBuilder();
        Append("layout", [TemplateBuilder.LayoutVersion]);
        Append("packages", Packages);
        Append("excluded", ExcludedFiles);
        Append("steps", Steps);
        Append("checks", Checks.Select(check => $"{check.Command}\n{check.ExpectedOutput}"));
        Append("environment", Environment.OrderBy(pair => pair.Key, StringComparer.Ordinal).Select(pair => $"{pair.Key}={pair.Value}"));
        Append("workdir", [WorkingDirectory]);
        return Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString())).AsSpan(0, 6));

        void Append(string part, IEnumerable<string> values) => text.Append(part).Append('\0').AppendJoin('\0', values).Append("\0\0");
    }
}

/// <summary>A command that proves that a part of a template works, by what it prints.</summary>
internal sealed record TemplateCheck(string Name, string Command, string ExpectedOutput);
