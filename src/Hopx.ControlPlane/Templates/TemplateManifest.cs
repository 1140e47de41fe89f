using System.Text.Json;
using System.Text.Json.Serialization;
using Hopx.Client;

namespace Hopx.ControlPlane.Templates;

/// <summary>What stands beside a built root file system in <c>template.json</c>: all that a sandbox made from it needs to know.</summary>
internal sealed record TemplateManifest
{
    public required string Id { get; init; }

    public required string Name { get; init; }

    public required string BuildId { get; init; }

    /// <summary>Of the recipe that it was built from; another hash now means that it is out of date.</summary>
    public required string RecipeHash { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required TimeSpan BuildTime { get; init; }

    public required long RootfsBytes { get; init; }

    public required int PackageCount { get; init; }

    public required string WorkingDirectory { get; init; }

    public required IReadOnlyDictionary<string, string> Environment { get; init; }

    public required TemplateResources DefaultResources { get; init; }

    /// <summary>Ids on the host that own the files of the sandbox's root user and group.</summary>
    public required uint FirstUser { get; init; }

    public required uint FirstGroup { get; init; }
}

/// <summary>A template that is ready, and where.</summary>
internal sealed record BuiltTemplate(TemplateManifest Manifest, string Directory)
{
    public string Rootfs => Path.Combine(Directory, "rootfs");
}

[JsonSourceGenerationOptions(JsonSerializerDefaults.Web, PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true)]
[JsonSerializable(typeof(TemplateManifest))]
internal sealed partial class TemplateJson : JsonSerializerContext;
